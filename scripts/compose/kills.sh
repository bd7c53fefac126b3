# Part of scripts/compose-e2e.sh: a run whose students, coordinator and teacher end in its midst, beside one that nobody disturbs.

# rows: optimizer steps that the run has told of.
rows() {
  local id
  for id in $(compose ps -q --status running coordinator student); do
    docker cp "$id:/runs/kills/metrics.jsonl" - 2>/dev/null | tar -xO 2>/dev/null | grep -c '"loss"' || true
    return
  done
  echo 0
}

# until_step PERCENT: waits until so much of the run is done.
until_step() {
  local wanted=$((steps * $1 / 100)) deadline=$((SECONDS + 600))
  until [ "$(rows)" -ge $wanted ]; do
    kill -0 "$run" 2>/dev/null || { compose logs --tail 20; fail "the run ended before step $wanted"; }
    [ $SECONDS -lt $deadline ] || { compose logs --tail 20; fail "no step $wanted within 10 minutes"; }
    sleep 0.2
  done
}

# crash SERVICE NUMBER: ends a container's processes by SIGKILL; the engine starts it again.
crash() {
  local id before after deadline=$((SECONDS + 60))
  id=$(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1" \
    --filter "label=com.docker.compose.container-number=$2")
  before=$(docker inspect -f '{{.RestartCount}}' "$id")
  until docker exec "$id" /probe/probe kill 2>/dev/null; do # it may be starting again
    after=$(docker inspect -f '{{.RestartCount}}' "$id")
    [ "$after" = "$before" ] || break # the container ended before the command's status was known
    [ $SECONDS -lt $deadline ] || fail "$1 $2 does not run"
    sleep 0.2
  done
  until [ "$(docker inspect -f '{{.RestartCount}}' "$id")" -gt "$before" ]; do
    [ $SECONDS -lt $deadline ] || fail "$1 $2 was not started again"
    sleep 0.1
  done
  killed=$((killed + 1))
  say "  step $(rows): $1 $2 was killed, and is there again"
}

# stall NUMBER PERCENT: stops all students but one, as SIGSTOP does, until the rest has brought the run so far; then lets them go on.
stall() {
  local id at
  local -a stopped=()
  for id in $(compose ps -q student); do
    [ "$(docker inspect -f '{{index .Config.Labels "com.docker.compose.container-number"}}' "$id")" = "$1" ] || stopped+=("$id")
  done
  docker pause "${stopped[@]}" >/dev/null
  at=$(rows)
  until_step "$2"
  docker unpause "${stopped[@]}" >/dev/null
  say "  step $at: all students but $1 stood still; at step $(rows) they go on"
}

# undisturbed FOLDER SETTING...: the same run on this machine, or in one container without a network where no program was built here.
undisturbed() {
  local to=$1 models=$PWD/Examples/puzzles program=.build/release/retort
  shift
  if [ -x $program ]; then
    env -u OPENBLAS_CORETYPE -u OPENBLAS_NUM_THREADS $program run Examples/puzzles/compose-check.yaml --local "teacher=$models/teacher" \
      "student.from=$models/base" "data.train=$models/data/prompts.jsonl" "data.eval=$models/data/heldout.jsonl" "output_dir=$to" "$@"
    say "undisturbed: retort run --local on this machine"
  else
    docker run --rm --network none --user 0 -v "$models:/models:ro" -v "$to:/out" "$RETORT_IMAGE" \
      run /models/compose-check.yaml --local teacher=/models/teacher output_dir=/out "$@"
    say "undisturbed: retort run --local in one container"
  fi
}

arithmetic() { grep -h '"coreType"\|"library"' | sort -u | tr -s ' \n' ' '; }

kills() {
  local steps=${RETORT_E2E_STEPS:-400} killed=0 run number before expected found ours theirs
  local -a settings=("training.max_steps=$steps" training.save_steps=10 generation.rounds=20 student.hidden_size=96 student.intermediate_size=256)
  RANDOM=${RETORT_E2E_SEED:-1}
  mkdir "$work/undisturbed"
  undisturbed "$work/undisturbed" "${settings[@]}" >"$work/undisturbed.log" 2>&1 || { tail -5 "$work/undisturbed.log"; fail "the undisturbed run failed"; }
  tail -1 "$work/undisturbed.log"
  [ -z "${RETORT_E2E_REPLICAS:-}" ] || settings+=("training.replicas=$RETORT_E2E_REPLICAS")

  compose up -d --wait --no-build --scale student=3
  say "three students; a run of $steps steps; seed ${RETORT_E2E_SEED:-1}"
  compose run --rm -T submit /models/compose-check.yaml output_dir=/runs/kills "${settings[@]}" >"$work/kills.log" 2>&1 &
  run=$!
  until_step 10; crash student $((RANDOM % 3 + 1))
  until_step 20; crash student $((RANDOM % 3 + 1))
  until_step 30
  compose stop teacher 2>/dev/null
  sleep 10
  before=$(rows)
  sleep 10
  [ "$(rows)" = "$before" ] || fail "steps were made without a teacher for whole rounds"
  compose start teacher 2>/dev/null
  say "  step $before: the teacher was away for 20 s, and the run waited"
  until_step 35; stall $((RANDOM % 3 + 1)) 40
  until_step 45; crash coordinator 1
  until_step 60; for number in 1 2 3; do crash student $number; done
  until_step 70; compose restart coordinator 2>/dev/null; say "  step $(rows): the coordinator was restarted"
  until_step 80; crash student $((RANDOM % 3 + 1))
  until_step 90; crash student $((RANDOM % 3 + 1)); crash student $((RANDOM % 3 + 1))
  wait $run || { tail -5 "$work/kills.log"; compose logs --tail 30; fail "the run failed"; }

  sed -n 's/.*step [0-9]*\/[0-9]* *[0-9]*%  \([a-z].*\)  loss.*/\1/p' "$work/kills.log" | grep -v 'saving\|the student writes\|^loss' | sort | uniq -c
  local who
  for who in student teacher; do
    grep -q "waiting for .*$who" "$work/kills.log" || fail "the run never noticed that a $who was away"
  done
  docker cp "$(compose ps -q coordinator):/runs/kills/metrics.jsonl" - | tar -xO | sed -n 's/^{"step":\([0-9]*\),"loss".*/\1/p' |
    diff - <(seq "$steps") || fail "not each step was told of once"
  expected=$(sha256sum <"$work/undisturbed/student/model.safetensors" | cut -d ' ' -f 1)
  found=$(sum kills)
  ours=$(cat "$work"/undisturbed/checkpoint-*/trainer_state.json | arithmetic)
  theirs=$(docker cp "$(compose ps -q coordinator):/runs/kills/checkpoint-$steps/trainer_state.json" - | tar -xO | arithmetic)
  say "undisturbed  $expected $ours"
  say "in compose   $found $theirs"
  [ "$ours" = "$theirs" ] || fail "the two were computed by other means, and cannot be compared"
  [ "$expected" = "$found" ] || fail "the weights differ"
  say "$killed SIGKILLs, students that stood still, a restart of the coordinator, an absence of the teacher: $steps steps, each once, and the same weights"
}

# Part of scripts/compose-e2e.sh: a run shared by students that come, end, stand still and are cut off, as do coordinator and teacher. Beside it the
# same run undisturbed: by as many students, and by one that is alone.

# alone FOLDER SETTING...: the run by one student, on this machine, or in one container without a network where no program was built here.
alone() {
  local to=$1 models=$PWD/Examples/puzzles program=.build/release/retort
  shift
  if [ -x $program ]; then
    env -u OPENBLAS_CORETYPE -u OPENBLAS_NUM_THREADS $program run Examples/puzzles/compose-check.yaml --local --students 1 \
      "teacher=$models/teacher" "student.from=$models/base" "data.train=$models/data/prompts.jsonl" \
      "data.eval=$models/data/heldout.jsonl" "output_dir=$to" "$@"
    say "alone: retort run --local --students 1 on this machine"
  else
    docker run --rm --network none --user 0 -v "$models:/models:ro" -v "$to:/out" "$RETORT_IMAGE" \
      run /models/compose-check.yaml --local --students 1 teacher=/models/teacher output_dir=/out "$@"
    say "alone: retort run --local --students 1 in one container"
  fi
}

arithmetic() { grep -h '"coreType"\|"library"' | sort -u | tr -s ' \n' ' '; }

# shares FOLDER: how many steps were shared by how many students.
shares() { sharers "$1" | sort -n | uniq -c | awk '{ printf "%s%d by %d", (NR > 1 ? ", " : ""), $1, $2 }'; }

any() { echo $((RANDOM % 3 + 1)); }

# The run's way. It begins with one student.
misfortunes() {
  local before number
  until_step 5; compose up -d --no-build --scale student=3 2>/dev/null; say "  step $(rows): scaled to three students"
  whole; until_step 12; crash student "$(any)"
  until_step 20; crash student "$(any)"
  until_step 28
  before=$(rows)
  compose stop teacher 2>/dev/null
  still 10
  compose start teacher 2>/dev/null
  say "  step $before: the teacher went away; at step $(rows) it is there again"
  until_step 32; stall "$(any)"
  until_step 40; crash coordinator 1
  whole; until_step 46; lacks "$(any)" paused
  whole; until_step 54; lacks "$(any)" killed
  whole; until_step 62; lacks "$(any)" cut
  whole; until_step 70; for number in 1 2 3; do crash student $number; done
  until_step 76; compose restart coordinator 2>/dev/null; say "  step $(rows): the coordinator was restarted"
  until_step 84; crash student "$(any)"
  until_step 92; crash student "$(any)"; crash student "$(any)"
}

kills() {
  local steps=${RETORT_E2E_STEPS:-900} replicas=${RETORT_E2E_REPLICAS:-3} killed=0 run expected ours theirs who
  local -a settings=("training.max_steps=$steps" training.save_steps=10 generation.rounds=20 "training.replicas=$replicas"
    student.hidden_size=96 student.intermediate_size=256)
  RANDOM=${RETORT_E2E_SEED:-1}
  mkdir "$work/alone"
  alone "$work/alone" "${settings[@]}" >"$work/alone.log" 2>&1 || { tail -5 "$work/alone.log"; fail "the run of one student failed"; }
  tail -1 "$work/alone.log"
  compose up -d --wait --no-build --scale student=1 2>/dev/null
  say "a run of $steps steps, training.replicas: $replicas; seed ${RETORT_E2E_SEED:-1}"
  compose run --rm -T submit /models/compose-check.yaml output_dir=/runs/kills "${settings[@]}" >"$work/kills.log" 2>&1 &
  run=$!
  misfortunes
  wait $run || { tail -5 "$work/kills.log"; compose logs --tail 30; fail "the run failed"; }

  sed -n 's/.*step [0-9]*\/[0-9]* *[0-9]*%  \([a-z].*\)  loss.*/\1/p' "$work/kills.log" | grep -v 'saving\|the student writes\|^loss' | sort | uniq -c
  for who in student teacher; do
    grep -q "waiting for .*$who" "$work/kills.log" || fail "the run never noticed that a $who was away"
  done
  told kills | sed -n 's/^{"step":\([0-9]*\),.*/\1/p' | diff - <(seq "$steps") || fail "not each step was told of once"
  say "steps shared: $(shares kills); $(told kills | grep -o '"wire/exchange_bytes":[0-9]*' | cut -d : -f 2 | awk '{ n += $1 } END { print n + 0 }') bytes of gradients and parameters exchanged"
  [ "$replicas" = 1 ] || [ "$(sharers kills | sort -u | wc -l)" -ge 3 ] || fail "steps were not shared by one, two and three students in turn"
  # The last: what teacher and students have answered is not asked again.
  compose run --rm -T submit /models/compose-check.yaml output_dir=/runs/undisturbed "${settings[@]}" >"$work/undisturbed.log" 2>&1 ||
    { tail -5 "$work/undisturbed.log"; compose logs --tail 30; fail "the undisturbed run failed"; }
  say "undisturbed: steps shared: $(shares undisturbed)"

  expected=$(sha256sum <"$work/alone/student/model.safetensors" | cut -d ' ' -f 1)
  ours=$(cat "$work"/alone/checkpoint-*/trainer_state.json | arithmetic)
  theirs=$(docker cp "$(compose ps -q coordinator):/runs/kills/checkpoint-$steps/trainer_state.json" - | tar -xO | arithmetic)
  say "alone        $expected $ours"
  say "undisturbed  $(sum undisturbed)"
  say "disturbed    $(sum kills) $theirs"
  [ "$ours" = "$theirs" ] || fail "they were computed by other means, and cannot be compared"
  [ "$expected" = "$(sum undisturbed)" ] || fail "the weights of one student and of three differ"
  [ "$expected" = "$(sum kills)" ] || fail "the weights of the disturbed run differ"
  say "$killed SIGKILLs; students that stood still, and that were cut off; a coordinator that was restarted; a teacher that was away:" \
    "$steps steps, each once, and the same weights"
}

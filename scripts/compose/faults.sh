# Part of scripts/compose-e2e.sh: what a run in the containers has told of, and what befalls its services. `run` is the submitting process,
# `steps` the run's steps, `replicas` the most students that share one, `killed` counts.

# told FOLDER: a line for each optimizer step that a run has told of.
told() {
  local id
  for id in $(compose ps -q --status running coordinator student); do
    docker cp "$id:/runs/$1/metrics.jsonl" - 2>/dev/null | tar -xO 2>/dev/null | grep '"loss"' || true
    return
  done
}

rows() { told kills | wc -l; }

# sharers FOLDER: how many students shared each step.
sharers() { told "$1" | sed -n 's/.*"train\/replicas":\([0-9]*\).*/\1/p'; }

goes_on() {
  kill -0 "$run" 2>/dev/null || { compose logs --tail 20; fail "the run ended before $1"; }
  [ $SECONDS -lt "$2" ] || { compose logs --tail 30; fail "waited in vain for $1"; }
  sleep 0.2
}

# until_step PERCENT: waits until so much of the run is done.
until_step() {
  local wanted=$((steps * $1 / 100)) deadline=$((SECONDS + 600))
  until [ "$(rows)" -ge $wanted ]; do goes_on "step $wanted" $deadline; done
  [ "$(rows)" -lt "$steps" ] || fail "the run made all its steps before all had befallen it: set RETORT_E2E_STEPS higher"
}

# still SECONDS: waits until no step was made for so long.
still() {
  local deadline=$((SECONDS + 90)) since=$SECONDS before now
  before=$(rows)
  until [ $((SECONDS - since)) -ge "$1" ]; do
    goes_on "a run that stands still" $deadline
    now=$(rows)
    [ "$now" = "$before" ] || { before=$now; since=$SECONDS; }
  done
}

# whole: waits until as many students as may share a step share one.
whole() {
  local deadline=$((SECONDS + 120)) from
  from=$(rows)
  until [ "$(sharers kills | tail -n +$((from + 1)) | tail -1)" = "$replicas" ]; do goes_on "a step shared by $replicas" $deadline; done
  say "  step $(rows): shared by $replicas"
}

# container SERVICE NUMBER: its id.
container() {
  docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1" \
    --filter "label=com.docker.compose.container-number=$2"
}

# crash SERVICE NUMBER: ends a container's processes by SIGKILL; the engine starts it again.
crash() {
  local id before after deadline=$((SECONDS + 60))
  id=$(container "$1" "$2")
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

# a_while: waits until a 25th of the run was made from here.
a_while() {
  local wanted=$(($(rows) + steps / 25)) deadline=$((SECONDS + 120))
  until [ "$(rows)" -ge $wanted ]; do goes_on "step $wanted" $deadline; done
}

# stall NUMBER: stops all students but one, as SIGSTOP does, for a while.
stall() {
  local number at
  local -a stopped=()
  for number in 1 2 3; do
    [ "$number" = "$1" ] || stopped+=("$(container student "$number")")
  done
  docker pause "${stopped[@]}" >/dev/null
  at=$(rows)
  a_while
  docker unpause "${stopped[@]}" >/dev/null
  say "  step $at: all students but $1 stood still; at step $(rows) they go on"
}

# lacks NUMBER paused|killed|cut: takes a student out for a while; then gives it back.
lacks() {
  local id at network=${project}_students
  id=$(container student "$1")
  case "$2" in
    paused) docker pause "$id" ;;
    killed) docker kill "$id"; killed=$((killed + 1)) ;; # whom somebody ends by hand, the engine does not start again
    cut) docker network disconnect "$network" "$id" ;;
  esac >/dev/null
  at=$(rows)
  a_while
  [ "$replicas" = 1 ] || [ "$(sharers kills | tail -1)" -lt "$replicas" ] || fail "student $1 is $2, and $replicas share the step"
  case "$2" in
    paused) docker unpause "$id" ;;
    killed) docker start "$id" ;;
    cut) docker network connect --alias student "$network" "$id" ;;
  esac >/dev/null
  say "  step $at: student $1 was $2; at step $(rows) it is there again"
}

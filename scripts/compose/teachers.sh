# Part of scripts/compose-e2e.sh: three teachers behind one name, of which two end during a run.

# Calls that a teacher has answered, from its metrics.
answered() {
  docker exec "$1" bash -c 'exec 3<>/dev/tcp/127.0.0.1/9100
    printf "GET /metrics HTTP/1.1\r\nhost: teacher\r\nconnection: close\r\n\r\n" >&3; cat <&3' |
    awk '/^retort_rpc_calls_total.*TeacherService\/(Score|Generate)".*role="server".*code="OK"/ { n += $NF } END { print n + 0 }'
}

teachers() {
  say "three teachers behind one name"
  compose up -d --wait --no-build --scale teacher=3 --scale student=2
  compose restart coordinator 2>/dev/null # it knew of one, and looks their name up again every 30 s
  compose up -d --wait --no-build --scale teacher=3 --scale student=2
  local all id counts
  local -A before
  all=($(compose ps -q teacher))
  for id in "${all[@]}"; do before[$id]=$(answered "$id"); done
  compose run --rm -T submit /models/compose-check.yaml output_dir=/runs/shared seed=2 training.max_steps=60 >/dev/null 2>&1
  counts=$(for id in "${all[@]}"; do echo $(($(answered "$id") - ${before[$id]})); done | sort -n | xargs)
  say "calls that each of them answered: $counts"
  # By what each has to do and how fast it is: the more so, the fewer questions there are at once.
  awk '{ exit !(NF == 3 && $1 > 0) }' <<<"$counts" || fail "not shared by all three: $counts"

  compose run --rm -T submit /models/compose-check.yaml output_dir=/runs/broken seed=3 training.max_steps=200 generation.rounds=10 >/dev/null 2>&1 &
  local run=$! first
  first=$(answered "${all[0]}")
  until [ "$(answered "${all[0]}")" -gt $((first + 5)) ]; do kill -0 $run || fail "the run ended before a teacher did"; done
  docker stop "${all[1]}" >/dev/null
  docker kill "${all[2]}" >/dev/null
  wait $run || { compose logs --tail 30; fail "a run failed since two of three teachers ended"; }
  [ "$(compose run --rm -T --entrypoint grep submit -c '"loss"' /runs/broken/metrics.jsonl)" = 200 ] || fail "steps are missing"
  say "one teacher was stopped and one killed during a run of 200 steps: none is missing"
}

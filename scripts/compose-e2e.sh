#!/usr/bin/env bash
# Builds the image, starts the services with docker compose, runs a short recipe in them and looks at what comes out.
# Asks as everybody who must be refused, stops and kills replicas of the teacher during a run, starts everything anew.
# At last a teacher on another network takes the teacher's place, with nothing but the folder that was handed to it.
# Usage: scripts/compose-e2e.sh [-h] [--no-build]
# Needs a container engine with `docker compose` 2.24 or newer. --no-build takes the image RETORT_IMAGE as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
builds=1
case "${1:-}" in
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --no-build) builds=0 ;;
  "") ;;
  *) echo "compose: unknown option $1: see -h" >&2; exit 64 ;;
esac
export RETORT_IMAGE=${RETORT_IMAGE:-retort:local}
away=retort-away     # the teacher on another network: a container, a network, a volume
others=retort-others # another installation's credentials
override=$(mktemp)
cat >"$override" <<'YAML'
services:
  teacher:
    command: ["teacher", "--model", "/models/teacher", "--listen", "0.0.0.0:7001", "--metrics-listen", "127.0.0.1:9100"]
YAML
compose() { docker compose --env-file compose/.env.example -f compose/compose.yaml "$@"; }
scaled() { compose -f "$override" "$@"; }
tool() { docker run --rm -i --network none -v $others:/others "$@"; } # the image's programs on the others' credentials
say() { echo "compose: $*"; }
fail() { say "$*" >&2; exit 1; }
clean() {
  docker rm -f $away
  scaled --profile submit down --volumes --timeout 5
  docker network rm $away
  docker volume rm $away $others
  rm -f "$override"
}
trap 'clean >/dev/null 2>&1 || true' EXIT

# ask EXPECTED OPTION… WORD…: runs retort in the admin's container; it must end with one line that contains EXPECTED.
ask() {
  local expected=$1 output
  shift
  if output=$(compose run --rm -T --no-deps -v $others:/others:ro --entrypoint retort "$@" 2>&1 >/dev/null); then
    fail "not refused: $*"
  fi
  [ "$(grep -c '^retort: ' <<<"$output")" = 1 ] || fail "not one line: $output"
  grep -qF "$expected" <<<"$output" || fail "'$expected' is not in: $output"
  echo "  $output"
}

# Calls that a teacher has answered, from its metrics.
answered() {
  docker exec "$1" bash -c 'exec 3<>/dev/tcp/127.0.0.1/9100
    printf "GET /metrics HTTP/1.1\r\nhost: teacher\r\nconnection: close\r\n\r\n" >&3; cat <&3' |
    awk '/^retort_rpc_calls_total.*TeacherService\/(Score|Generate)".*role="server".*code="OK"/ { n += $NF } END { print n + 0 }'
}

start() {
  [ $builds = 0 ] || compose build
  compose up -d --wait
  compose run --rm -T submit /models/compose-check.yaml
  compose run --rm -T --entrypoint retort submit generate --model /runs/compose-check/student --prompt "pal 6 with g:" --max-new-tokens 8
  if compose logs | grep "without TLS"; then fail "a service listens without TLS"; fi
  compose ps
}

refusals() {
  local old=/others/certs/old
  docker run --rm --user 0 -v $others:/others --entrypoint install "$RETORT_IMAGE" -d -o 10001 -g 10001 /others/certs
  tool "$RETORT_IMAGE" certs --to /others/certs/theirs >/dev/null
  compose run --rm -T --entrypoint tar certs -C /certs -c ca admin | tool --entrypoint tar "$RETORT_IMAGE" -x -C /others/certs
  # A certificate of our own authority that ends as it begins.
  tool --entrypoint bash "$RETORT_IMAGE" -euc "cd /others/certs; umask 077; cp -r admin old; cd /tmp
    openssl req -new -key $old/key.pem -subj /CN=old -out request 2>/dev/null
    echo subjectAltName=URI:retort:role:admin >names
    openssl x509 -req -in request -CA ../others/certs/ca/cert.pem -CAkey ../others/certs/ca/key.pem -days 0 -extfile names -out $old/cert.pem 2>/dev/null"

  say "refused, to the caller:"
  local theirs=/others/certs/theirs ours=(--tls-ca /credentials/ca.pem --tls-cert /credentials/cert.pem --tls-key /credentials/key.pem)
  ask "speaks TLS, and this client was not told to" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001
  ask "requires a certificate of its clients" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001 --tls-ca /credentials/ca.pem
  ask "the call bears no token" -e RETORT_CREDENTIALS= submit doctor --teacher teacher:7001 "${ours[@]}"
  ask "the token is not known" submit doctor --teacher teacher:7001 --token-file $theirs/admin/token
  ask "its certificate is not signed by a CA of" submit doctor --teacher teacher:7001 --credentials $theirs/admin
  ask "the CA that signed it is not known there" submit doctor --teacher teacher:7001 --credentials $theirs/admin --tls-ca /credentials/ca.pem
  ask "the certificate expired on" submit doctor --teacher teacher:7001 --credentials $old
  ask "is of role student, and this must be a teacher" submit doctor --teacher student:7002
  ask "role student may not call" -v retort_certs-student:/student:ro submit doctor --teacher teacher:7001 --credentials /student
  # A foreign client does not look at its own certificate.
  compose run --rm -T --no-deps -v $others:/others:ro --entrypoint openssl submit s_client -connect teacher:7001 -alpn h2 \
    -cert $old/cert.pem -key $old/key.pem </dev/null >/dev/null 2>&1 || true

  say "refused, in the teacher's log:"
  local line log
  log=$(compose logs --no-color --no-log-prefix teacher)
  for line in "does not speak TLS here" "showed no certificate" "bears no token" "token is not known" "not signed by a CA of" \
    "its certificate expired on" "role student may not call"; do
    grep -m 1 -F "$line" <<<"$log" | sed 's/^/  /' || fail "'$line' is not in the teacher's log"
  done
}

replicas() {
  say "three teachers behind one name"
  scaled up -d --wait --scale teacher=3 --scale student=2
  scaled run --rm -T submit /models/compose-check.yaml output_dir=/runs/even seed=2 training.max_steps=60 >/dev/null 2>&1
  local teachers id counts
  teachers=($(scaled ps -q teacher))
  counts=$(for id in "${teachers[@]}"; do answered "$id"; done | sort -n | xargs)
  say "calls that each of them answered: $counts"
  awk '{ exit !(NF == 3 && $1 > 5 && $3 <= $1 + 3) }' <<<"$counts" || fail "not even: $counts"

  scaled run --rm -T submit /models/compose-check.yaml output_dir=/runs/broken seed=3 training.max_steps=200 generation.rounds=10 >/dev/null 2>&1 &
  local run=$! before
  before=$(answered "${teachers[0]}")
  until [ "$(answered "${teachers[0]}")" -gt $((before + 5)) ]; do kill -0 $run || fail "the run ended before a teacher did"; done
  docker stop "${teachers[1]}" >/dev/null
  docker kill "${teachers[2]}" >/dev/null
  wait $run || { scaled logs --tail 30; fail "a run failed since two of three teachers ended"; }
  [ "$(scaled run --rm -T --entrypoint grep submit -c '"loss"' /runs/broken/metrics.jsonl)" = 200 ] || fail "steps are missing"
  say "one teacher was stopped and one killed during a run of 200 steps: none is missing"
}

restart() {
  local sums='cat /certs/*/*.pem /certs/*/token | sha256sum' before after
  before=$(compose run --rm -T --entrypoint sh certs -c "$sums")
  compose down --timeout 15
  compose up -d --wait
  after=$(compose run --rm -T --entrypoint sh certs -c "$sums")
  [ "$before" = "$after" ] || fail "credentials changed with a restart"
  compose run --rm -T --entrypoint retort submit health coordinator:7000
  compose logs --no-log-prefix certs
}

elsewhere() {
  compose stop teacher
  compose run --rm -T --entrypoint tar certs -C /certs -c teacher |
    docker run --rm -i -v $away:/credentials --entrypoint tar "$RETORT_IMAGE" -x -C /credentials --strip-components=1 --no-overwrite-dir
  docker network create $away
  docker run -d --name $away --network $away -p 7101:7001 -v $away:/credentials:ro \
    -v "$PWD/Examples/puzzles:/models:ro" -e RETORT_CREDENTIALS=/credentials "$RETORT_IMAGE" \
    teacher --model /models/teacher --listen 0.0.0.0:7001
  local gateway
  gateway=$(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' retort_retort)
  remote() { RETORT_TEACHER=$gateway:7101 compose -f compose/remote-teacher.yaml "$@"; }
  remote up -d --wait coordinator student
  remote run --rm -T submit /models/compose-check.yaml output_dir=/runs/away seed=4 # nothing of it is cached
  ask "its certificate is not signed by a CA of" submit doctor --teacher "$gateway:7101" --credentials /others/certs/theirs/admin
  ask "the certificate expired on" submit doctor --teacher "$gateway:7101" --credentials /others/certs/old
  docker logs $away
}

start
refusals
replicas
restart
elsewhere
say "teacher, coordinator and student made a student together, and let nobody else in; so did a teacher on another network"

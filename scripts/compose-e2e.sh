#!/usr/bin/env bash
# Builds the image, starts the services with docker compose, runs a short recipe in them and looks at what comes out.
# Then asks as somebody without credentials, without a token, and asks a service that is not the one it should be.
# At last a teacher on another network takes the teacher's place, with nothing but the folder that was handed to it.
# Usage: scripts/compose-e2e.sh [-h]
# Needs a container engine with `docker compose`; RETORT_COMPOSE_EXEC may hold a prefix that enters its network.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
compose() { docker compose --env-file compose/.env.example -f compose/compose.yaml "$@"; }
# ask EXPECTED WORD…: runs retort in the admin's container with these arguments; its error must contain EXPECTED.
ask() {
  local expected=$1 output
  shift
  if output=$(compose run --rm --no-deps --entrypoint retort "$@" 2>&1); then
    echo "compose: not refused: $*" >&2
    exit 1
  fi
  grep -qF "$expected" <<<"$output" || { echo "compose: '$expected' is not in: $output" >&2; exit 1; }
}

trap 'compose --profile submit down --volumes --timeout 5 >/dev/null 2>&1 || true' EXIT
compose build
compose up -d
compose run --rm submit /models/compose-check.yaml
compose run --rm --entrypoint retort submit generate --model /runs/compose-check/student --prompt "pal 6 with g:" --max-new-tokens 8
ask "speaks TLS, and this client was not told to" -e RETORT_CREDENTIALS= submit health teacher:7001
ask "bears no token" -e RETORT_CREDENTIALS= submit health teacher:7001 \
  --tls-ca /credentials/ca.pem --tls-cert /credentials/cert.pem --tls-key /credentials/key.pem
ask "does not bear the name teacher" submit doctor --teacher student:7002
if compose logs | grep -q "without TLS"; then
  echo "compose: a service listens without TLS" >&2
  exit 1
fi
compose ps

image=${RETORT_IMAGE:-retort:local}
away=retort-away
end() {
  docker rm -f $away
  compose --profile submit down --volumes --timeout 5
  docker network rm $away
  docker volume rm $away
}
trap 'end >/dev/null 2>&1 || true' EXIT
compose stop teacher
compose run --rm -T --entrypoint tar certs -C /certs -c teacher |
  docker run --rm -i -v $away:/credentials --entrypoint tar "$image" -x -C /credentials --strip-components=1 --no-overwrite-dir
docker network create $away
docker run -d --name $away --network $away -p 7101:7001 -v $away:/credentials:ro \
  -v "$PWD/Examples/puzzles:/models:ro" -e RETORT_CREDENTIALS=/credentials "$image" \
  teacher --model /models/teacher --listen 0.0.0.0:7001
gateway=$(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' retort_retort)
remote() { RETORT_TEACHER=$gateway:7101 compose -f compose/remote-teacher.yaml "$@"; }
remote up -d coordinator student
remote run --rm submit /models/compose-check.yaml output_dir=/runs/away seed=2  # nothing of it is cached
docker logs $away
echo "compose: teacher, coordinator and student made a student together, and let nobody else in; so did a teacher on another network"

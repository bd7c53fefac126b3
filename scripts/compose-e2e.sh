#!/usr/bin/env bash
# Builds the image, starts the services with docker compose, and tries what they promise, in parts:
#   promises   each container is asked from inside what it may do, and whom it reaches; so is one that keeps no promise
#   refusals   asks as everybody who must be refused
#   kills      a long run shared by three students (training.replicas); they come, are killed, stopped, cut off, and so is the coordinator killed;
#              the teacher is away. The weights are those of three that nobody disturbed, and of one alone, outside the containers
#   teachers   three teachers behind one name, of which two end during a run
#   restart    everything is started anew, with the same credentials
#   elsewhere  a teacher on another network takes the teacher's place, with nothing but the folder that was handed to it
#   endpoint   an OpenAI-compatible endpoint, with a key from a file, takes it
# Usage: scripts/compose-e2e.sh [-h] [--no-build | --built] [PART...]
# Needs a container engine with `docker compose` 2.24 or newer, clang and openssl. --no-build takes the image RETORT_IMAGE as it is;
# --built puts the program of `make build` into the image's runtime stage, on a machine with the same Debian: seconds, where the image takes minutes.
# RETORT_E2E_SEED (1) draws whom to kill; RETORT_E2E_STEPS (900), more where they are made faster; RETORT_E2E_REPLICAS (3) is that run's training.replicas.
set -euo pipefail
cd "$(dirname "$0")/.."
builds=1
case "${1:-}" in
  -h | --help) sed -n '2,14p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
  --no-build) builds=0; shift ;;
  --built) builds=2; export RETORT_IMAGE=${RETORT_IMAGE:-retort:built}; shift ;;
  -*) echo "compose: unknown option $1: see -h" >&2; exit 64 ;;
esac
parts=(promises refusals kills teachers restart elsewhere endpoint)
for part in "$@"; do
  [[ " ${parts[*]} " = *" $part "* ]] || { echo "compose: no part is called $part: see -h" >&2; exit 64; }
done
[ $# = 0 ] || parts=("$@")

project=retort-e2e # not the one that somebody works with
exec 9>"${TMPDIR:-/tmp}/$project.lock"
flock -n 9 || { echo "compose: another $0 runs: their containers have the same names" >&2; exit 75; }
export COMPOSE_PROJECT_NAME=$project RETORT_IMAGE=${RETORT_IMAGE:-retort:local} RETORT_PORT=${RETORT_E2E_PORT:-7400}
away=retort-away     # the teacher on another network: a container, a network, a volume
others=retort-others # another installation's credentials
work=$(mktemp -d)
chmod 755 "$work"
cat >"$work/override.yaml" <<YAML
services:
  teacher:
    command: ["teacher", "--model", "/models/teacher", "--listen", "0.0.0.0:7001", "--metrics-listen", "127.0.0.1:9100"]
    volumes: ["$work/probe:/probe:ro"]
  endpoint:
    volumes: ["$work/probe:/probe:ro", "$work/endpoint:/endpoint-ca:ro"]
  coordinator:
    volumes: ["$work/probe:/probe:ro"]
  student:
    volumes: ["$work/probe:/probe:ro"]
YAML
compose() { docker compose --env-file compose/.env.example -f compose/compose.yaml -f "$work/override.yaml" "$@"; }
tool() { docker run --rm -i --network none -v $others:/others "$@"; } # the image's programs on the others' credentials
say() { echo "compose: $*"; }
fail() { say "$*" >&2; exit 1; }
clean() { # containers of `compose run` too, which `down` leaves
  docker rm -f $away retort-endpoint $(docker ps -aq --filter label=com.docker.compose.project=$project)
  compose --profile submit --profile endpoint down --volumes --timeout 5
  docker network rm $away
  docker volume rm $away $others
}
trap 'clean >/dev/null 2>&1 || true; wait; rm -rf "$work"' EXIT
clean >/dev/null 2>&1 || true
mkdir -p "$work/probe" "$work/endpoint"

# ask EXPECTED OPTION... WORD...: runs retort in a service's container; it must end with one line that contains EXPECTED.
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

# sum FOLDER: SHA-256 of the student's weights in a folder of the volume of runs.
sum() { docker cp "$(compose ps -q coordinator):/runs/$1/student/model.safetensors" - | tar -xO | sha256sum | cut -d ' ' -f 1; }

# The image, with the program and its Swift libraries as they were built here.
image_of_build() {
  local program=.build/release/retort
  [ -x $program ] || fail "$program is not there: make build"
  mkdir "$work/image"
  install -s -D $program "$work/image/out/retort"
  ldd $program | awk '$3 ~ "/swift/" { print $3 }' | xargs -I{} cp -L {} "$work/image/out/"
  strip --strip-unneeded "$work"/image/out/*.so
  docker build -q --target runtime -t "$RETORT_IMAGE-runtime" -f compose/Dockerfile . >/dev/null
  printf 'FROM %s\nCOPY out /opt/retort\n' "$RETORT_IMAGE-runtime" >"$work/image/Dockerfile"
  docker build -q -t "$RETORT_IMAGE" "$work/image" >/dev/null
}

start() {
  ${CC:-clang} -O1 -Wall -Wextra -Werror -static -o "$work/probe/probe" scripts/compose/probe.c
  chmod -R a+rX "$work/probe"
  case $builds in
    1) compose build ;;
    2) image_of_build ;;
  esac
  say "$RETORT_IMAGE: $(($(docker image inspect -f '{{.Size}}' "$RETORT_IMAGE") / 1000000)) MB"
  compose up -d --wait --no-build
  compose run --rm -T submit /models/compose-check.yaml
  compose run --rm -T --entrypoint retort submit generate --model /runs/compose-check/student --prompt "pal 6 with g:" --max-new-tokens 8
  if compose logs | grep "without TLS"; then fail "a service listens without TLS"; fi
  compose ps
}

promises() {
  compose up -d --wait --no-build --scale student=3
  scripts/compose/promises.py $project --plant "$RETORT_IMAGE"
  probe() { compose run --rm -T --no-deps --entrypoint /probe/probe student "$@" 2>/dev/null; }
  [ "$(RETORT_STUDENT_MEMORY=256m probe fill 128)" = filled ] || fail "128 MiB of 256 were refused"
  if RETORT_STUDENT_MEMORY=64m probe fill 128; then fail "128 MiB of 64 were given"; fi
  local processes
  processes=$(probe fork)
  [[ "$processes" =~ ^processes\ 10[0-9][0-9]\ EAGAIN$ ]] || fail "of 1024 processes: $processes"
  say "who takes more memory than is given ends; after ${processes% EAGAIN} there are no more"
}

for part in faults refusals teachers kills away endpoint; do . scripts/compose/$part.sh; done
start
for part in "${parts[@]}"; do
  say "--- $part"
  compose up -d --wait --no-build >/dev/null 2>&1 || { compose logs --tail 20; fail "the services do not start"; }
  "$part"
done
say "all parts passed: ${parts[*]}"

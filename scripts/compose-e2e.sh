#!/usr/bin/env bash
# Builds the image, starts the services with docker compose, runs a short recipe in them and looks at what comes out.
# Usage: scripts/compose-e2e.sh [-h]
# Needs a container engine with `docker compose`; RETORT_COMPOSE_EXEC may hold a prefix that enters its network.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
compose() { docker compose --env-file compose/.env.example -f compose/compose.yaml "$@"; }

trap 'compose --profile submit down --volumes --timeout 5 >/dev/null 2>&1 || true' EXIT
compose build
compose up -d
compose run --rm submit /models/compose-check.yaml
compose run --rm --entrypoint retort submit generate --model /runs/compose-check/student --prompt "pal 6 with g:" --max-new-tokens 8
compose ps
echo "compose: teacher, coordinator and student made a student together"

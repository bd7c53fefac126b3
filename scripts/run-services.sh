#!/usr/bin/env bash
# Starts a teacher, a coordinator and a student on loopback and keeps them running until Ctrl-C.
# Usage: scripts/run-services.sh [-h] [TEACHER_MODEL_FOLDER]      default: the demo's teacher
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
model=${1:-Examples/puzzles/teacher}
retort=.build/release/retort

pids=()
stop() { kill "${pids[@]}" 2>/dev/null || true; wait; }
trap stop EXIT
trap 'exit 0' INT TERM

"$retort" teacher --model "$model" --listen 127.0.0.1:7001 & pids+=($!)
"$retort" coordinator --teacher 127.0.0.1:7001 --state out/state --listen 127.0.0.1:7000 & pids+=($!)
"$retort" student --coordinator 127.0.0.1:7000 --listen 127.0.0.1:7002 --root / & pids+=($!)
echo "run: submit a recipe with  $retort run RECIPE.yaml --coordinator 127.0.0.1:7000"
wait -n

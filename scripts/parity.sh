#!/usr/bin/env bash
# Compares Retort with PyTorch and transformers: log-probs and greedy tokens of model folders of every family, the logits of
# the folders that it exports, and one optimizer step.
# Usage: scripts/parity.sh [-h] [MODEL_FOLDER ...]       default: random folders, and those of ../shared/data where present
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
python=${RETORT_PYTHON:-.venv/bin/python}
retort=.build/release/retort
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" scripts/parity/make_folders.py "$work/folders"
folders=("$@")
if [ ${#folders[@]} -eq 0 ]; then
  folders=("$work"/folders/*)
  for name in tinystories-656k tinystories-656k-f32 tinytalk-3m; do
    [ -d "../shared/data/$name" ] && folders+=("../shared/data/$name")
  done
fi
for folder in "${folders[@]}"; do
  "$python" scripts/parity/scores.py "$retort" "$folder"
  "$python" scripts/parity/round_trip.py "$retort" "$folder"
done
"$python" scripts/parity/one_step.py "$retort" "$work/step"

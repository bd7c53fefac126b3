#!/usr/bin/env bash
# Runs the demo's comparison over several seeds and prints each figure's mean and 95 % interval.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/study.sh [-o FOLDER] [SEED ...]

Trains every student of Examples/puzzles once per seed (default: 1 2 3) with .build/release/retort, writes the runs to
FOLDER/SEED/ (default: out/study) and prints a table. A run that has ended is not repeated.
TEXT
}

folder=out/study
while getopts "ho:" option; do
  case $option in
    h) usage; exit 0 ;;
    o) folder=$OPTARG ;;
    *) usage >&2; exit 64 ;;
  esac
done
shift $((OPTIND - 1))
cd "$(dirname "$0")/.."
seeds=("$@")
[ $# -gt 0 ] || seeds=(1 2 3)
retort=.build/release/retort
[ -x "$retort" ] || { echo "study: $retort is missing: run make" >&2; exit 1; }

# run SEED NAME [OVERRIDE ...]
run() {
  local seed=$1 name=$2 output="$folder/$1/$2"
  shift 2
  [ ! -f "$output/report.html" ] || return 0
  rm -rf "$output"
  mkdir -p "$folder/$seed"
  echo "study: seed $seed, $name" >&2
  "$retort" run "Examples/puzzles/$name.yaml" "output_dir=$output" "seed=$seed" "$@" > "$folder/$seed/$name.log"
}

for seed in "${seeds[@]}"; do
  run "$seed" ceiling
  run "$seed" warm
  for name in sft-few seqkd kd distillm2; do
    run "$seed" "$name" "student=$folder/$seed/warm/student"
  done
done
python3 scripts/study-table.py "$folder" "${seeds[@]}"

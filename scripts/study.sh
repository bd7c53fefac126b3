#!/usr/bin/env bash
# Runs a study: several recipes over several seeds, and one table of them with means and intervals.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/study.sh [-o FOLDER] [-s "SEED ..."] [-m "RUN ..."] [STUDY] [KEY=VALUE ...]

Makes each run of STUDY/study.txt (default: Examples/puzzles) once per seed (default: 1 2 3) with .build/release/retort, writes the
runs to FOLDER/SEED/RUN/ (default: out/study), prints a table and writes FOLDER/comparison.html and
FOLDER/curves.svg. A run that has ended is not repeated.

  -m "RUN ..."   only these runs, and those that they begin with
  KEY=VALUE      settings that win over each recipe's, such as training.max_steps=20 for a short trial

A line of study.txt: RUN TITLE AFTER RECIPE [KEY=VALUE ...]. TITLE has _ for spaces; it may end in @start, which shows the run's
first evaluation, or in @end, which shows the last without the curve. AFTER is the run whose student this one begins with, or -.
The line "figures NAMES" says what the table shows, "against TITLE" which method the others are compared with, seed by seed.
TEXT
}

folder=out/study
seeds="1 2 3"
only=
while getopts "ho:s:m:" option; do
  case $option in
    h) usage; exit 0 ;;
    o) folder=$OPTARG ;;
    s) seeds=$OPTARG ;;
    m) only=$OPTARG ;;
    *) usage >&2; exit 64 ;;
  esac
done
shift $((OPTIND - 1))
cd "$(dirname "$0")/.."
study=Examples/puzzles
if [ $# -gt 0 ] && [[ $1 != *=* ]]; then study=$1; shift; fi
settings=("$@")
[ -f "$study/study.txt" ] || { echo "study: $study/study.txt is missing: name a folder that has one" >&2; exit 1; }
retort=.build/release/retort
[ -x "$retort" ] || { echo "study: $retort is missing: run make" >&2; exit 1; }

declare -A after=() recipe=() own=() title=()
runs=() figures=() against=
while read -r name shown before file rest; do
  case $name in
    '' | '#'*) continue ;;
    figures) figures=(--figures "$shown"); continue ;;
    against) against=${shown//_/ }; continue ;;
  esac
  runs+=("$name")
  title[$name]=$shown after[$name]=$before recipe[$name]=$file own[$name]=$rest
done < "$study/study.txt"

declare -A wanted=()
want() { [ "$1" = - ] || { wanted[$1]=1; want "${after[$1]:?study: no run is called $1}"; }; }
for name in ${only:-${runs[*]}}; do want "$name"; done

# run SEED NAME
run() {
  local seed=$1 name=$2 output="$folder/$1/$2" start=()
  [ ! -f "$output/report.html" ] || return 0
  rm -rf "$output"
  mkdir -p "$folder/$seed"
  echo "study: seed $seed, $name" >&2
  [ "${after[$name]}" = - ] || start=("student=$folder/$seed/${after[$name]}/student")
  # The settings of a line are words.
  # shellcheck disable=SC2086
  "$retort" run "${recipe[$name]}" "output_dir=$output" "seed=$seed" "${start[@]}" ${own[$name]} "${settings[@]}" \
    > "$folder/$seed/$name.log" || { echo "study: seed $seed, $name failed" >&2; return 1; }
}

shown=() reference=()
for name in "${runs[@]}"; do
  [ -n "${wanted[$name]:-}" ] || continue
  mark=
  case ${title[$name]} in *@start) mark=@start ;; *@end) mark=@end ;; esac
  label=${title[$name]%"$mark"}
  label=${label//_/ }
  shown+=("$label=$name$mark")
  [ "$label" != "$against" ] || reference=(--against "$against")
done
for seed in $seeds; do
  for name in "${runs[@]}"; do
    [ -z "${wanted[$name]:-}" ] || run "$seed" "$name"
  done
done
"$retort" compare "$folder" "${shown[@]}" "${figures[@]}" "${reference[@]}" --page "$folder/comparison.html" \
  --curves "$folder/curves.svg"

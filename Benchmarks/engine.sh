#!/usr/bin/env bash
# Measures the engine beside PyTorch, transformers and llama.cpp, interleaved in one run.
# Usage: Benchmarks/engine.sh [-h] [FILE] [-- options of retort bench]
#   FILE   a page whose part from «## Figures» on is replaced, with machine, date and command; standard output unless given
# The peers' packages take a quarter of an hour to install; the measurement a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
file=
if [ $# -gt 0 ] && [ "$1" != -- ]; then file=$1; shift; fi
[ "${1:-}" = -- ] && shift

python=${RETORT_PYTHON:-$PWD/.venv/bin/python}
"$python" -c 'import torch, transformers, gguf, llama_cpp' 2>/dev/null || scripts/venv.sh --bench
retort=${RETORT:-.build/release/retort}
[ -x "$retort" ] || swift build -c release --product retort >&2
figures=$(
  echo "## Figures"
  echo
  echo "Measured $(date -u +%Y-%m-%d) on $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)," \
    "load $(cut -d' ' -f1 /proc/loadavg), commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)," \
    "by \`Benchmarks/engine.sh\`${*:+ (\`$*\`)}."
  for suite in train loss generate score; do
    echo
    echo "### \`retort bench $suite\`"
    echo
    "$retort" bench "$suite" --peer-python "$python" "$@"
  done
)
[ -n "$file" ] || { echo "$figures"; exit; }
frame=$(sed '/^## Figures/,$d' "$file")
printf '%s\n\n%s\n' "$frame" "$figures" >"$file"

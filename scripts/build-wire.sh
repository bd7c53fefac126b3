#!/usr/bin/env bash
# Builds the package of Fuzzing/, the wire alone with its tests and the fuzzer, under a sanitizer.
# Usage: scripts/build-wire.sh [-h] address|thread
set -euo pipefail
cd "$(dirname "$0")/../Fuzzing"
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' ../scripts/build-wire.sh; exit 0 ;; esac
sanitizer=${1:?address or thread}
options=(-c release --build-tests --sanitize "$sanitizer" --scratch-path ".build/$sanitizer")
if [ "$sanitizer" = address ]; then
  # The same build serves tests and fuzzer: edges are counted, and libFuzzer's loop is linked to the program `fuzz`.
  runtime=$(dirname "$(command -v swift)")/../lib/clang
  RETORT_FUZZER_RUNTIME=$(find -L "$runtime" -name 'libclang_rt.fuzzer_no_main*' 2>/dev/null | head -1)
  [ -n "$RETORT_FUZZER_RUNTIME" ] || { echo "fuzz: this toolchain has no libFuzzer below $runtime" >&2; exit 1; }
  export RETORT_FUZZER_RUNTIME
  options+=(-Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table)
fi
swift build "${options[@]}"

#!/usr/bin/env bash
# Runs the tests that are built, with the foreign peer where .venv has it.
# Usage: scripts/test.sh [-h] [--filter PATTERN] [--skip PATTERN]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

[ -x .venv/bin/python ] && export RETORT_PYTHON="${RETORT_PYTHON:-$PWD/.venv/bin/python}"
[ -d ../shared/data ] || [ -n "${RETORT_DATA:-}" ] ||
  echo "test: no ../shared/data: tests on real models and tokenizers are skipped (set RETORT_DATA to their folder)" >&2
# A few dozen tests at a time, which is 470 descriptors: all of them at once have 1,400, and most systems allow a process 1,024. What
# failed is said once more at the end, where it is found.
run() {
  local log=.build/tests.log
  scripts/logged.sh "$log" 2400 .build/release/retortPackageTests.xctest --testing-library swift-testing \
    --experimental-maximum-parallelization-width 32 "$@" && return
  echo "test: failed:" >&2
  grep -aE 'recorded an issue|Caught error|Fatal error|what\(\): ' "$log" | head -20 >&2
  return 1
}
[ $# -eq 0 ] || { run "$@"; exit; }
run --skip EndToEndTests
# Apart: whole programs with time limits, which two hundred tests beside them would slow down.
run --filter EndToEndTests
# Apart: as on processors without AVX-512, and without AVX2.
for form in avx2 generic; do
  RETORT_KERNEL_FORM=$form OPENBLAS_CORETYPE=Haswell DNNL_MAX_CPU_ISA=AVX2 \
    run --filter 'KernelsTests|TransformerTests|DistillationTests|CheckpointsTests'
done
# Apart: it measures the process that it runs in.
RETORT_ENDURANCE=1 run --filter EnduranceTests.leavesNothing

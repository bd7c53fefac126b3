#!/usr/bin/env bash
# Runs the tests of the wire under a sanitizer: transport, interoperability, codec, inputs of the fuzzer.
# Usage: scripts/sanitize.sh [-h] [--services] address|thread
#   --services   the whole package instead, with the services, kernels and checkpoints: a debug build of everything
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
services=0
if [ "${1:-}" = --services ]; then services=1; shift; fi
sanitizer=${1:?address or thread}

[ -x .venv/bin/python ] && export RETORT_PYTHON="${RETORT_PYTHON:-$PWD/.venv/bin/python}"
export TSAN_OPTIONS="suppressions=$PWD/scripts/tsan-suppressions.txt halt_on_error=0 exitcode=66"
# What is left at the end is counted by EnduranceTests and by the fuzzer; here channels of single tests are not closed.
export ASAN_OPTIONS="detect_leaks=0"
if [ $services = 1 ]; then
  exec swift test -c debug --sanitize "$sanitizer" --scratch-path ".build/$sanitizer" --filter \
    'TransportTests|TransportTLSTests|InteropTests|Wire|Service|ModelServing|KernelsTests|CheckpointsTests|Fuzz'
fi
scripts/build-wire.sh "$sanitizer"
cd Fuzzing
# The build is there: its test program runs by itself, since `swift test` would plan it anew with other options.
# A few tests at a time: with all at once each takes a minute, and what is timed in it measures the others.
options=(--testing-library swift-testing --experimental-maximum-parallelization-width 4)
run() { ".build/$sanitizer/release/retort-wirePackageTests.xctest" "${options[@]}" "$@"; }

if [ "$sanitizer" = thread ]; then
  # Races of our own, planted: each must be reported, or the silence of the tests below says nothing. Whether two threads are
  # seen to touch something at once is a matter of luck, about one in two on a busy machine, so each has twenty attempts.
  reports() {
    local status=0 report
    report=$(RETORT_PLANT_RACES=1 run --filter "ThreadEdgesTests.$1" 2>&1) || status=$?
    [ $status = 66 ] && grep -q "SUMMARY: ThreadSanitizer: .*ThreadEdgesTests" <<<"$report"
  }
  for race in raceBesideContinuation raceBesideMutex raceInArray raceInHandler; do
    for _ in {1..20}; do
      if reports "$race"; then continue 2; fi
    done
    echo "sanitize: the planted race $race is not reported: look at scripts/tsan-suppressions.txt and Tests/CThreadEdges" >&2
    exit 1
  done
  echo "sanitize: four planted races, each reported"
fi
# What failed once more at the end, where it is found.
log=".build/$sanitizer/tests.log"
../scripts/logged.sh "$log" 2400 ".build/$sanitizer/release/retort-wirePackageTests.xctest" "${options[@]}" && exit
echo "sanitize: failed under $sanitizer:" >&2
grep -aE 'recorded an issue|^SUMMARY:' "$log" | head -20 >&2
exit 1

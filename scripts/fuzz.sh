#!/usr/bin/env bash
# Feeds each fuzz target with mutated bytes under AddressSanitizer.
# Usage: scripts/fuzz.sh [-h] [TARGET...]        default: all targets
#   RETORT_FUZZ_SECONDS  time for each target (60)
#   RETORT_FUZZ_JOBS     targets at a time (2)
#   RETORT_FUZZ_SEED     where the fuzzer's random numbers begin; with CI=true 1, so that a verdict is about the change and
#                        not about luck, else another in each run, which is printed
# What breaks a target is left in Fuzzing/Regressions/TARGET/, where the unit tests replay it: fix, and commit it.
set -euo pipefail
cd "$(dirname "$0")/../Fuzzing"
case "${1:-}" in -h | --help) sed -n '2,8s/^# \{0,1\}//p' ../scripts/fuzz.sh; exit 0 ;; esac

seconds=${RETORT_FUZZ_SECONDS:-60}
jobs=${RETORT_FUZZ_JOBS:-2}
seed=${RETORT_FUZZ_SEED:-}
[ -n "$seed" ] || if [ "${CI:-}" = true ]; then seed=1; else seed=$((1 + (RANDOM << 15 | RANDOM))); fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(http2-server http2-client messages wire-messages mappings heads safetensors configuration tokenizer sentencepiece chat-template)
../scripts/build-wire.sh address
echo "fuzz: seed $seed"

fuzz() {
  local target=$1 log=.build/fuzz-$1.log found=Regressions/$1 grown=.build/corpus/$1
  mkdir -p "$grown" "$found"
  local status=0 dictionary=http2.dict
  case $target in safetensors | configuration | tokenizer | sentencepiece | chat-template) dictionary=loaders.dict ;; esac
  SWIFT_BACKTRACE=enable=no RETORT_FUZZ_TARGET=$target .build/address/release/fuzz "$grown" "Corpus/$target" "$found" \
    -seed="$seed" -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    -dict="$dictionary" -artifact_prefix="$found/" >"$log" 2>&1 || status=$?
  rmdir "$found" 2>/dev/null || true
  local executed
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "fuzz: $target: ${executed:-?} inputs in $seconds s, seed $seed, $([ $status = 0 ] && echo "nothing found" || echo "FAILED")"
  [ $status = 0 ] || { grep -E 'SUMMARY|Fatal error|Test unit written|ERROR' "$log" | head -5; tail -40 "$log"; }
  return $status
}

failed=0
for ((index = 0; index < ${#targets[@]}; index += jobs)); do
  running=()
  for target in "${targets[@]:index:jobs}"; do
    fuzz "$target" &
    running+=($!)
  done
  for job in "${running[@]}"; do wait "$job" || failed=1; done
done
exit $failed

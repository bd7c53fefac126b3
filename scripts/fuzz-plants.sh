#!/usr/bin/env bash
# Shows that the fuzz targets of model folders see: plants a bug in each loader, and expects the fuzzer to find it.
# Usage: scripts/fuzz-plants.sh [-h]
#   RETORT_FUZZ_SECONDS  most time for each target (120)
# The planted files are put back at the end, whatever happens; they must have no changes of your own.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
seconds=${RETORT_FUZZ_SECONDS:-120}

# target|file|what stands there|what is planted
plants=(
  'safetensors|Sources/Checkpoints/SafetensorsHeader.swift|guard begin == end else {|guard begin >= end else {'
  'configuration|Sources/Transformer/Families/SizeKeys.swift|guard value >= 1, value <= 1 << 24|guard value >= 0, value <= 1 << 24'
  'tokenizer|Sources/Tokenization/BytePairEncoder+Files.swift|if parts.count == 2, case|if case'
  'sentencepiece|Sources/Tokenization/SentencePieceModel.swift|guard count <= bytes.endIndex - index else|guard count <= bytes.endIndex else'
  'chat-template|Sources/Tokenization/ChatTemplate/TemplateInterpreter+Expressions.swift|guard stride != 0 else|guard stride < 99 else'
)
kept=$(mktemp -d)
restore() {
  for plant in "${plants[@]}"; do
    IFS='|' read -r _ file _ _ <<<"$plant"
    [ ! -f "$kept/$file" ] || cp -p "$kept/$file" "$file"
  done
  rm -rf "$kept"
}
trap restore EXIT
for plant in "${plants[@]}"; do
  IFS='|' read -r target file old new <<<"$plant"
  git diff --quiet HEAD -- "$file" || { echo "fuzz-plants: $file has changes: commit them first" >&2; exit 1; }
  [ "$(grep -cF "$old" "$file")" = 1 ] || { echo "fuzz-plants: $file no longer says '$old' once" >&2; exit 1; }
  mkdir -p "$kept/$(dirname "$file")"
  cp -p "$file" "$kept/$file"
  OLD=$old NEW=$new perl -pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/' "$file"
done
scripts/build-wire.sh address

cd Fuzzing
failed=0
for plant in "${plants[@]}"; do
  IFS='|' read -r target _ <<<"$plant"
  grown=$(mktemp -d) found=$(mktemp -d) begin=$(date +%s.%N) status=0
  SWIFT_BACKTRACE=enable=no RETORT_FUZZ_TARGET=$target .build/address/release/fuzz "$grown" "Corpus/$target" -seed=1 \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -dict=loaders.dict -artifact_prefix="$found/" \
    >"$found/log" 2>&1 || status=$?
  took=$(echo "$(date +%s.%N) - $begin" | bc)
  if [ $status = 0 ]; then
    echo "fuzz-plants: $target: NOT found in $seconds s"
    failed=1
  else
    echo "fuzz-plants: $target: found in $took s ($(grep -m1 -oE 'Fatal error.*|ERROR: .*' "$found/log" | head -c 100))"
  fi
  rm -rf "$grown" "$found"
done
exit $failed

#!/usr/bin/env bash
# Builds the tests of the wire, the codec and the C kernels under a sanitizer and runs them.
# Usage: scripts/sanitize.sh [-h] [address|thread]        default: address
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
sanitizer=${1:-address}
[ -x .venv/bin/python ] && export RETORT_PYTHON="$PWD/.venv/bin/python"
# A runtime of grpc-swift's own locks that ThreadSanitizer does not understand on Linux.
[ "$sanitizer" = thread ] && export TSAN_OPTIONS="suppressions=$PWD/scripts/tsan-suppressions.txt"
exec swift test -c debug --sanitize "$sanitizer" --scratch-path ".build/$sanitizer" \
  --filter 'GRPCNGHTTP2TransportTests|WireFormatTests|WireBytesTests|KernelsTests|CheckpointsTests'

#!/usr/bin/env bash
# Measures our transport beside grpc-swift-nio-transport (with swift-protobuf) and python grpcio, interleaved in one run.
# Usage: Benchmarks/run.sh [-h] [FILE] [-- options of retort bench wire]
#   FILE   where the table goes as Markdown, with machine, date and command; standard output unless given
# The first build takes ten minutes; the measurement three (7 cases x 3 stacks x 5 rounds of 1 s).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
file=/dev/stdout
if [ $# -gt 0 ] && [ "$1" != -- ]; then file=$1; shift; fi
[ "${1:-}" = -- ] && shift

python=${RETORT_PYTHON:-$PWD/.venv/bin/python}
[ -x "$python" ] || { scripts/venv.sh; python=$PWD/.venv/bin/python; }
swift build -c release --product retort >&2
# GRPCCore is generic over its transport: optimised across modules, both Swift stacks run it specialised.
swift build -c release --package-path Benchmarks -Xswiftc -cross-module-optimization >&2

options=("$@")
[ ${#options[@]} -gt 0 ] || options=(--rounds 5)
table=$(.build/release/retort bench wire "${options[@]}" \
  --ours Benchmarks/.build/release/nghttp2-peer \
  --stack "nio=Benchmarks/.build/release/nio-peer" --stack "grpcio=$python Benchmarks/grpcio_peer.py")
{
  cat <<'TEXT'
# The wire, measured

This package's transport with protobuf-c (`retort`), grpc-swift-nio-transport with swift-protobuf (`nio`) and python grpcio
(`grpcio`): client and server of each stack in processes of their own on loopback, all stacks in turn in one run, medians over rounds.
`echo` is calls of 100 bytes, 1 or 32 in flight; `pull` and `push` are streams of 4 KiB and 2 MiB messages from and to the server;
`stalled-16` is sixteen streams of 2 MiB messages whose reader takes one and stops. CPU is processor time, MB the peak of resident memory.
How, and why so: [decision 0007](decisions/0007-how-the-wire-is-measured.md). Ratios are what to trust.
The engine is measured by its own commands: [engine-benchmark.md](engine-benchmark.md).

TEXT
  echo "Measured $(date -u +%Y-%m-%d) on $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)," \
    "load $(cut -d' ' -f1 /proc/loadavg), commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)," \
    "by \`Benchmarks/run.sh\` (\`retort bench wire ${options[*]}\`)."
  echo
  echo "$table"
} >"$file"

#!/usr/bin/env bash
# Generates the code of Protos/wire_benchmark.proto: C for Sources/CWireBenchmark, Swift for nio-peer.
# Usage: Benchmarks/generate.sh [-h]     needs protoc and protoc-c; builds protoc-gen-swift, which takes minutes
set -euo pipefail
cd "$(dirname "$0")"
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

swift build -c release --product protoc-gen-swift
plugin=$(swift build -c release --show-bin-path)/protoc-gen-swift
protoc -I Protos --plugin="$plugin" --swift_out=Sources/nio-peer wire_benchmark.proto
protoc-c -I Protos --c_out=../Sources/CWireBenchmark wire_benchmark.proto
mv ../Sources/CWireBenchmark/wire_benchmark.pb-c.h ../Sources/CWireBenchmark/include/

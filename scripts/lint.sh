#!/usr/bin/env bash
# Checks formatting, names and the rules of docs/ARCHITECTURE.md that a machine can check.
# Usage: scripts/lint.sh [-h]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
failed=0
complain() { echo "lint: $1" >&2; failed=1; }

swift format lint --strict --parallel -r Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Fuzzing/Package.swift \
  Fuzzing/Sources/fuzz Fuzzing/Tests/ThreadEdgesTests \
  Protos/generator/Package.swift Protos/generator/Sources || failed=1

scripts/setup.sh --lint
.tools/bin/buf lint || failed=1

# Nothing that ends a process on bad input, and nothing left open.
if git grep -nE '\b(fatalError|try!|as!)|TODO|FIXME' -- 'Sources/*.swift' ':!Sources/WireFormat/Generated'; then
  complain "the lines above must not appear in Sources"
fi
# Programs are started in one place: Foundation's way reads behind its list of open files.
if git grep -nE '\b(Process\(\)|posix_spawn\()' -- '*.swift' ':!Sources/Programs/ProgramStart.swift'; then
  complain "the lines above start programs by themselves: use Programs, in tests TiedPrograms"
fi
# gRPC and protobuf types stay in the wire layer and the services.
if git grep -lE '^(@preconcurrency )?(public |package |internal |private |fileprivate )?import (GRPC|NIO|CProtobufC|CRetortProtos)' -- \
  Sources/{Sequences,Kernels,Transformer,Tokenization,Optimization,Distillation,Checkpoints,Evaluation,Puzzles,Recipes} 2>/dev/null; then
  complain "the files above are below the wire and import it"
fi
# Learning and below take time, randomness and sockets from outside.
if git grep -nE 'SystemRandomNumberGenerator|Date\(\)|ContinuousClock\(\)' -- \
  Sources/{Sequences,Kernels,Transformer,Tokenization,Optimization,Distillation,Checkpoints,Evaluation}; then
  complain "the lines above read a clock or a global random source"
fi
# What builds leave is nobody's source.
if [ -n "$(git ls-files --cached --ignored --exclude-standard | tee /dev/stderr | head -1)" ]; then
  complain "the files above are tracked though .gitignore names them: git rm --cached them"
fi
# A change of the wire is told to its users.
base=$(git merge-base HEAD origin/main 2>/dev/null || true)
if [ -n "$base" ] && ! git diff --quiet "$base" -- 'Protos/*.proto' && git diff --quiet "$base" -- CHANGELOG.md; then
  complain "Protos/ changed: CHANGELOG.md needs an entry"
fi
[ "$(wc -l <README.md)" -le 150 ] || complain "README.md is over 150 lines"
exit $failed

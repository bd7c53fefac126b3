#!/usr/bin/env bash
# Watches memory, descriptors and threads of a server and its clients under load, and says whether they grow.
# Usage: scripts/soak.sh [-h]        the tests must be built
#   RETORT_SOAK_SECONDS  how long (600); a line every ten seconds
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
export RETORT_ENDURANCE=1 RETORT_SOAK_SECONDS="${RETORT_SOAK_SECONDS:-600}"
exec swift test -c release --skip-build --filter EnduranceTests.soak

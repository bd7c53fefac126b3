#!/usr/bin/env bash
# Runs a command for SECONDS at most, shows what it prints and keeps it in LOG. What the command starts and leaves behind holds
# the log, not this script's output, which therefore ends with the command.
# Usage: scripts/logged.sh [-h] LOG SECONDS COMMAND...
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
log=$1 seconds=$2
shift 2
: >"$log" # before anybody reads what is there from the last time
timeout -k 10 "$seconds" "$@" >"$log" 2>&1 &
command=$!
trap 'kill "$command" 2>/dev/null || true' EXIT
tail -n +1 -f --pid="$command" "$log"
status=0
wait "$command" || status=$?
[ $status != 124 ] || echo "logged: $1 was ended after $seconds s" >&2
exit $status

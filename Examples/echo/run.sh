#!/usr/bin/env bash
# Builds the example, starts its server, calls it, and checks what it answers.
# Usage: Examples/echo/run.sh [-h]
set -euo pipefail
cd "$(dirname "$0")"
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
swift build -c release
echo=$(swift build -c release --show-bin-path)/echo

log=$(mktemp)
"$echo" serve 127.0.0.1:0 >"$log" &
server=$!
trap 'kill $server; rm -f "$log"' EXIT
address=""
for _ in $(seq 100); do
  address=$(sed -n 's/^listening on //p' "$log")
  [ -z "$address" ] || break
  sleep 0.1
done
answer=$("$echo" call "$address" hey)
[ "$answer" = $'hey\nh\ne\ny' ] || { echo "echo: answered '$answer'" >&2; exit 1; }
echo "echo: $address answers"

#!/usr/bin/env bash
# Fails where Protos/ no longer understands what the last release sent: a field renumbered, retyped, or gone and not reserved.
# Usage: scripts/protos-breaking.sh [-h] [--move]
#   (nothing)  compares with Protos/baseline.binpb, and shows that a renumbered field would be found
#   --move     makes the present Protos/ the baseline; once per release, in the release's commit
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  "" | --move) ;;
  *) echo "protos-breaking: unknown option $1 (see -h)" >&2; exit 2 ;;
esac

scripts/setup.sh --lint
buf=$PWD/.tools/bin/buf
baseline=$PWD/Protos/baseline.binpb

if [ "${1:-}" = --move ]; then
  "$buf" build --exclude-source-info -o "$baseline"
  exit 0
fi

"$buf" breaking --against "$baseline" || {
  echo "protos-breaking: peers of the last release would misread the lines above: keep the field, or reserve its number and name and add another" >&2
  exit 1
}

# A check that cannot fail proves nothing: here is one that must.
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
cp -r buf.yaml Protos "$planted"
sed -i 's/string run_id = 1;/string run_id = 41;/' "$planted/Protos/retort/v1/student_service.proto"
if (cd "$planted" && "$buf" breaking --against "$baseline") >/dev/null 2>&1; then
  echo "protos-breaking: a renumbered field was not found: check the rules in buf.yaml" >&2
  exit 1
fi

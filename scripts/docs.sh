#!/usr/bin/env bash
# Builds the documentation of the transport into .build/docs; an undocumented public symbol and any warning fail it.
# Usage: scripts/docs.sh [-h] [--skip-build]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
build=.build/release
modules=(WireBytes GRPCNGHTTP2Transport)
[ ! -d Sources/GRPCNGHTTP2TransportTLS ] || modules+=(GRPCNGHTTP2TransportTLS)
[ "${1:-}" = --skip-build ] ||
  for module in "${modules[@]}"; do swift build -c release --target "$module"; done

graphs=.build/docs/graphs
rm -rf .build/docs
mkdir -p "$graphs"
# The C modules that the Swift ones import: those with module maps in their sources, and those that SwiftPM writes.
clang=()
while read -r map; do clang+=(-Xcc "-fmodule-map-file=$map"); done < <(
  find Sources .build/checkouts -name module.modulemap -not -path '*/Tests/*' | grep -E '^Sources/|/Sources/'
  find "$build/" -maxdepth 2 -name module.modulemap)
for module in "${modules[@]}"; do
  mkdir -p "$graphs/$module"
  swift symbolgraph-extract -module-name "$module" -I "$build/Modules" -target "$(swift -print-target-info |
    sed -n 's/^ *"triple": "\(.*\)",/\1/p' | head -1)" -minimum-access-level public -skip-inherited-docs \
    -skip-synthesized-members -output-dir "$graphs/$module" "${clang[@]}"
done

python3 - "$graphs" <<'PY'
import json, pathlib, sys

missing = [
    ".".join(symbol["pathComponents"])
    for graph in pathlib.Path(sys.argv[1]).rglob("*.symbols.json")
    for symbol in json.loads(graph.read_text())["symbols"]
    # The compiler's own initializer of a raw value has no place for a comment.
    if "docComment" not in symbol and symbol["names"]["title"] != "init(rawValue:)"
]
for name in missing:
    print(f"docs: {name} has no comment", file=sys.stderr)
sys.exit(bool(missing))
PY

for module in "${modules[@]}"; do
  catalog=Sources/$module/Documentation.docc
  arguments=()
  [ ! -d "$catalog" ] || arguments+=("$catalog")
  docc convert "${arguments[@]}" --fallback-display-name "$module" --fallback-bundle-identifier "$module" \
    --additional-symbol-graph-dir "$graphs/$module" --output-dir ".build/docs/$module" --warnings-as-errors
done
echo "docs: .build/docs/${modules[*]/%/, }"

#!/usr/bin/env bash
# Generates the C and the Swift of Protos/: scripts/generate-protos.sh [-h] [--check]
#   (nothing)   writes Sources/CRetortProtos and Sources/WireFormat/Generated
#   --check     writes to a temporary folder instead and fails unless it equals what is committed
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
case "${1:-}" in
  -h | --help) sed -n '2,4p' "$0" | cut -c3-; exit 0 ;;
  "" | --check) ;;
  *) echo "generate-protos.sh: unknown option $1 (see -h)" >&2; exit 2 ;;
esac

for tool in protoc protoc-c; do
  command -v "$tool" >/dev/null || {
    echo "generate-protos.sh: $tool is missing; run: sudo apt-get install protobuf-compiler protobuf-c-compiler" >&2
    exit 1
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root/Protos"
protos=$(find grpc retort -name '*.proto' | LC_ALL=C sort)

# C: sources beside headers, as one target; its module names them all. protobuf-c cuts strings at their first NUL, so C
# sees each string as bytes, which look the same on the wire and carry their length; Swift checks the UTF-8.
mkdir -p "$work/c" "$work/CRetortProtos/include" "$work/Generated"
for proto in $protos; do
  mkdir -p "$work/bytes/$(dirname "$proto")"
  # A map is on the wire what its entries are, as a repeated message.
  sed -E -e 's/^( *)(repeated )?string ([a-z0-9_]+ = )/\1\2bytes \3/' \
    -e 's/^( *)map<string, ([A-Za-z]+)> ([a-z]+) = ([0-9]+);/\1message \u\3Entry { bytes key = 1; \2 value = 2; }\n\1repeated \u\3Entry \3 = \4;/' \
    "$proto" >"$work/bytes/$proto"
done
map=$work/CRetortProtos/include/module.modulemap
echo "module CRetortProtos {" >"$map"
# shellcheck disable=SC2086
(cd "$work/bytes" && protoc-c -I . --c_out="$work/c" $protos)
for proto in $protos; do
  stem=${proto%.proto}
  mkdir -p "$work/CRetortProtos/$(dirname "$stem")" "$work/CRetortProtos/include/$(dirname "$stem")"
  mv "$work/c/$stem.pb-c.c" "$work/CRetortProtos/$stem.pb-c.c"
  mv "$work/c/$stem.pb-c.h" "$work/CRetortProtos/include/$stem.pb-c.h"
  echo "  header \"$stem.pb-c.h\"" >>"$map"
done
printf '  export *\n}\n' >>"$map"

# Swift: messages and stubs.
# shellcheck disable=SC2086
protoc -I . --include_imports --include_source_info --descriptor_set_out="$work/set.pb" $protos
generator_build=${RETORT_GENERATOR_BUILD:-$root/.build/generator}
swift build --package-path "$root/Protos/generator" --scratch-path "$generator_build" --quiet
"$(swift build --package-path "$root/Protos/generator" --scratch-path "$generator_build" --show-bin-path)/generate-wire" \
  "$work/set.pb" "$work/Generated"

if [ "${1:-}" = --check ]; then
  if ! diff -r "$work/CRetortProtos" "$root/Sources/CRetortProtos" ||
    ! diff -r "$work/Generated" "$root/Sources/WireFormat/Generated"; then
    echo "generate-protos.sh: committed sources are not those of Protos/; run: make protos" >&2
    exit 1
  fi
  exit 0
fi
rm -rf "$root/Sources/CRetortProtos" "$root/Sources/WireFormat/Generated"
mkdir -p "$root/Sources/WireFormat"
cp -r "$work/CRetortProtos" "$root/Sources/CRetortProtos"
cp -r "$work/Generated" "$root/Sources/WireFormat/Generated"

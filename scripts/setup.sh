#!/usr/bin/env bash
# Installs the Debian packages that Retort builds on. Says what and why; asks for sudo only when something is missing.
# Usage: scripts/setup.sh [-h] [--protos] [--lint] [--durability]
#   --protos   also what regenerates the code of Protos/
#   --lint     also buf, into .tools/
#   --durability   also what fails system calls and makes disks
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

declare -A why=(
  [libnghttp2-dev]="the HTTP/2 engine under gRPC"
  [zlib1g-dev]="gzip of messages, where a peer asks for it"
  [libprotobuf-c-dev]="the protobuf codec of the wire"
  [libopenblas-dev]="matrix products"
  [libdnnl-dev]="bfloat16 products"
  [libgloo-dev]="exchange of gradients between replicas"
  [libsqlite3-dev]="the coordinator's journal"
  [bubblewrap]="a sandbox for programs that check answers"
  [python3-venv]="runs what Retort is checked against, in .venv"
  [pkg-config]="finds the libraries above"
)
for option in "$@"; do
  case "$option" in
    --protos) why[protobuf-c-compiler]="regenerates the C of Protos/"; why[protobuf-compiler]="reads Protos/" ;;
    --lint) ;;
    --durability) why[strace]="kills and fails system calls"; why[e2fsprogs]="makes disks that are soon full"; why[libfuse2]="mounts a disk that forgets"; why[python3]="runs all three" ;;
    *) echo "setup: unknown option $option" >&2; exit 2 ;;
  esac
done

command -v swift >/dev/null || {
  echo "setup: no swift on PATH; install Swift 6.2 or newer from https://www.swift.org/install/" >&2
  exit 1
}

missing=()
for package in "${!why[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing Debian packages:"
  for package in "${missing[@]}"; do printf '  %-22s %s\n' "$package" "${why[$package]}"; done
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install sudo" >&2; exit 1; }
    sudo="sudo"
    echo "setup: sudo is needed for apt-get alone"
  fi
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

for option in "$@"; do
  if [ "$option" = --lint ] && [ ! -x .tools/bin/buf ]; then
    echo "setup: installing buf (lints Protos/) into .tools/"
    python3 -m venv .tools
    .tools/bin/pip install -q --disable-pip-version-check "buf-bin==1.75.0"
  fi
done

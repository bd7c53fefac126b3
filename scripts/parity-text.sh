#!/usr/bin/env bash
# Compares Retort's tokenizers with PyPI tokenizers and sentencepiece (ids, texts, bytes a second), chat templates with jinja2.
# Usage: scripts/parity-text.sh [-h] [DATA]        DATA: a folder of foreign tokenizers (../shared/data)
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
python=${RETORT_PYTHON:-.venv/bin/python}
driver=.build/release/TokenizationDriver
[ -x "$driver" ] || swift build -c release --product TokenizationDriver
"$python" scripts/parity/tokenizers_parity.py "$driver" "$@"
"$python" scripts/parity/chat_parity.py "$driver" "$@"
"$python" scripts/parity/tokenizers_speed.py "$driver" "$@"

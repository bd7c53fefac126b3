#!/usr/bin/env bash
# Makes .venv with the foreign implementations that tests and scripts compare with.
# Usage: scripts/venv.sh [-h] [--parity]
#   (nothing)  grpcio, h2 and trustme: foreign peers of the wire tests and their certificates; seconds
#   --parity   PyTorch and transformers too: model, tokenizer and optimizer comparisons; gigabytes
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

[ -x .venv/bin/python ] || python3 -m venv .venv
pip() { .venv/bin/pip install -q --disable-pip-version-check "$@"; }
.venv/bin/python -c 'import grpc_tools, grpc_health, grpc_reflection, h2, hpack, trustme' 2>/dev/null ||
  pip "grpcio==1.85.1" "grpcio-tools==1.85.1" "grpcio-health-checking==1.85.1" "grpcio-reflection==1.85.1" \
    "h2==4.4.1" "hpack==4.2.0" "trustme==1.2.1"
if [ "${1:-}" = --parity ]; then
  pip "torch==2.15.0" "transformers==5.23.0" "safetensors" "tokenizers==0.23.3" "sentencepiece==0.2.3" "rouge_score" "jinja2==3.1.6"
fi

#!/usr/bin/env bash
# Makes .venv with the foreign implementations that tests and scripts compare with.
# Usage: scripts/venv.sh [-h] [--parity | --bench | --durability]
#   (nothing)  grpcio, h2 and trustme: foreign peers of the wire tests and their certificates; seconds
#   --parity   PyTorch and transformers too: model, tokenizer and optimizer comparisons; gigabytes
#   --bench    llama.cpp and gguf besides: peers of retort bench; llama.cpp is compiled here for this processor, ten minutes
#   --durability   fusepy: a file system of our own, which forgets
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

[ -x .venv/bin/python ] || python3 -m venv .venv
pip() { .venv/bin/pip install -q --disable-pip-version-check "$@"; }
.venv/bin/python -c 'import grpc_tools, grpc_health, grpc_reflection, h2, hpack, trustme' 2>/dev/null ||
  pip "grpcio==1.85.1" "grpcio-tools==1.85.1" "grpcio-health-checking==1.85.1" "grpcio-reflection==1.85.1" \
    "h2==4.4.1" "hpack==4.2.0" "trustme==1.2.1"
if [ "${1:-}" = --durability ]; then
  .venv/bin/pip show -q fusepy 2>/dev/null || pip "fusepy==3.0.1"
fi
if [ "${1:-}" = --parity ] || [ "${1:-}" = --bench ]; then
  pip "torch==2.15.0" "transformers==5.23.0" "peft==0.21.2" "accelerate==1.15.0" "safetensors" "tokenizers==0.23.3" "sentencepiece==0.2.3" "rouge_score" "jinja2==3.1.6" \
    "trl==1.16.0" "datasets==5.2.0" "pandas==3.1.1"
fi
if [ "${1:-}" = --bench ]; then
  pip "gguf==0.19.0" "cmake==4.4.4" "ninja==1.13.2"
  # The library alone, without llama.cpp's programs and tests.
  CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF" \
    pip "llama-cpp-python==0.3.36"
  # Its server, an endpoint for scripts/check-upstream.py.
  pip "fastapi==0.165.0" "pydantic-settings==2.16.3" "sse-starlette==3.7.0" "starlette-context==0.5.1" "uvicorn==0.54.0"
  # What `transformers serve` needs besides, another endpoint.
  pip "openai==3.54.0"
fi

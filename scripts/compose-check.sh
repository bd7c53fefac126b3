#!/usr/bin/env bash
# Validates compose/compose.yaml and compose/kubernetes: with `docker compose config`, `docker-compose config` and `kubectl kustomize`
# where they are installed, and always by rules of our own and the schemas of the Kubernetes API.
# Usage: scripts/compose-check.sh [-h]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

for compose in "docker compose" docker-compose; do
  if $compose version >/dev/null 2>&1; then
    $compose --env-file compose/.env.example -f compose/compose.yaml --profile submit --profile endpoint config --quiet
    echo "compose: $compose accepts the file"
  else
    echo "compose: no $compose here"
  fi
done
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -c 'import kubernetes_validate, yaml' 2>/dev/null ||
  .venv/bin/pip install -q --disable-pip-version-check "PyYAML==6.0.3" "kubernetes-validate==1.37.0"
.venv/bin/python scripts/compose-check.py compose/compose.yaml
.venv/bin/python scripts/kubernetes-check.py compose/kubernetes

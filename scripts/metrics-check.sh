#!/usr/bin/env bash
# Validates compose/prometheus and compose/grafana: with promtool where it is installed (Debian's package prometheus), and always by
# their structure. That each series is exported by the services is a test: EndToEndTests, OperationTests.
# Usage: scripts/metrics-check.sh [-h]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

if command -v promtool >/dev/null; then
  promtool check rules compose/prometheus/rules.yaml
  promtool check config --syntax-only compose/prometheus/prometheus.yaml
  promtool test rules compose/prometheus/rules-test.yaml
else
  echo "metrics: no promtool here (Debian's package prometheus has it); checking the files' structure alone"
fi
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -c 'import yaml' 2>/dev/null || .venv/bin/pip install -q --disable-pip-version-check "PyYAML==6.0.3"
.venv/bin/python scripts/metrics-check.py

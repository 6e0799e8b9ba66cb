#!/usr/bin/env bash
# Runs e2e/observe with the programs that it needs: Prometheus and promtool are
# on the PATH by `make observe`, the Alertmanager and the node exporter are
# Debian's. With KUBECONFIG it takes a cluster too, which needs E2E_LOAD_IMAGE
# (e2e/README.md), helm and kube-state-metrics; OBSERVE_REQUIRED=1 fails without.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for program in prometheus-alertmanager prometheus-node-exporter; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if ((${#missing[@]} > 0)); then
  echo "missing: ${missing[*]}; Debian has packages of these names" >&2
  exit 1
fi
[[ -z ${KUBECONFIG:-} ]] || scripts/tools.sh .cache/tools charts cluster

mkdir -p bin
go build -o bin/observe ./e2e/observe
exec bin/observe ${DATA:+-data "$DATA"} "$@"

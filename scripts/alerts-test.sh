#!/usr/bin/env bash
# Checks the rules of charts/monitoring, runs promtool's tests of every alert,
# and checks the example of an Alertmanager. promtool is on the PATH by `make
# alerts-test`, amtool comes with Debian's prometheus-alertmanager.
set -euo pipefail
cd "$(dirname "$0")/../charts/monitoring"

promtool check rules --lint=all --lint-fatal rules/*.yaml
promtool test rules tests/rules/*.yaml
if ! command -v amtool >/dev/null; then
  echo "amtool is missing; it is in Debian's package prometheus-alertmanager" >&2
  exit 1
fi
amtool check-config alertmanager.yaml
# Who is told: the routes, asked with the labels of alerts.
routes() { # expected label…
  local expected=$1 got
  shift
  got=$(amtool config routes test --config.file alertmanager.yaml "$@")
  [[ $got == "$expected" ]] || { echo "alerts with $* go to $got; expected $expected"; exit 1; }
}
routes on-call alertname=TreehouseNoUpstream severity=critical namespace=mlops-housing
routes team alertname=TreehouseQueueing severity=warning namespace=mlops-housing
routes data-science alertname=TreehousePredictionDrift severity=warning model=housing
routes nobody alertname=Watchdog severity=none
echo "routes of the example: as expected"

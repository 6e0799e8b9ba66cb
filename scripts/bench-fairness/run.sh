#!/usr/bin/env bash
# usage: run.sh [CASE]
# Measures how much one caller's flood slows another (BenchmarkFairness of
# services/predict/app), in the cases equal, large and small, or one of them.
# Clients elsewhere would not compete with the server for its processors; here
# the scheduler has to see to that: the other's client comes before the server,
# and the server before the flood's. Needs root, or the right to do so.
set -euo pipefail
cd "$(dirname "$0")/../.."

chrt -f 50 true 2>/dev/null || { echo "bench-fairness: needs root (or CAP_SYS_NICE), for the order of client, server and flood" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/app.test" ./services/predict/app
cd services/predict/app
export TREEHOUSE_FAIRNESS_TestFairnessServer="chrt -f 40" TREEHOUSE_FAIRNESS_TestFairnessFlood="chrt -o 0 nice -n 10"
status=0
chrt -f 50 "$work/app.test" -test.run '^$' -test.bench "^BenchmarkFairness$/^${1:-.*}$" -test.benchtime 1x >"$work/out" 2>&1 || status=$?
if ((status != 0)) || ! grep -q '^result ' "$work/out"; then
  cat "$work/out" >&2
  exit 1
fi
sed -nE 's/^ +fairness_test.go:[0-9]+: //p' "$work/out"
grep '^result ' "$work/out"

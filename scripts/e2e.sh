#!/usr/bin/env bash
# Runs the tests on a cluster; e2e/README.md tells what they show and need. The
# last lines are what failed, if anything did, and the results.
set -euo pipefail
cd "$(dirname "$0")/.."

E2E_RESULTS=$(mktemp) output=$(mktemp)
export E2E_RESULTS
trap 'rm -f "$E2E_RESULTS" "$output"' EXIT
code=0
go test -tags e2e -count=1 -timeout "${E2E_TIMEOUT:-60m}" -v ./e2e "$@" 2>&1 | tee "$output" || code=$?
((code == 0)) || grep -A 12 -E '^ +[a-z_]+_test\.go:[0-9]+: ' "$output" | tail -n 60
cat "$E2E_RESULTS"
exit "$code"

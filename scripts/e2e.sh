#!/usr/bin/env bash
# Runs the tests on a cluster; e2e/README.md tells what they show and need. The
# last lines are the results.
set -euo pipefail
cd "$(dirname "$0")/.."

E2E_RESULTS=$(mktemp)
export E2E_RESULTS
trap 'rm -f "$E2E_RESULTS"' EXIT
code=0
go test -tags e2e -count=1 -timeout "${E2E_TIMEOUT:-60m}" -v ./e2e "$@" || code=$?
cat "$E2E_RESULTS"
exit "$code"

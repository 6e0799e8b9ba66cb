#!/usr/bin/env bash
# Runs argocd/ on the cluster of KUBECONFIG, with the Argo CD that is there;
# e2e/README.md tells what it shows and needs. The last lines are the results.
set -euo pipefail
cd "$(dirname "$0")/.."

E2E_RESULTS=$(mktemp)
export E2E_RESULTS
trap 'rm -f "$E2E_RESULTS"' EXIT
code=0
go test -tags gitops -count=1 -timeout "${E2E_TIMEOUT:-20m}" -v ./e2e/gitops "$@" || code=$?
cat "$E2E_RESULTS"
exit "$code"

#!/usr/bin/env bash
# Checks argocd/ and the scripts around it. Nothing here needs a cluster but the
# last step, which asks the API server of KUBECONFIG; without it that step says
# so, and fails where CI is true. Helm is on the PATH by `make argocd-test`.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "--- promote and set-version"
scripts/argocd/promote_test.sh

echo "--- schemas, projects, environments, and that each mistake is noticed"
(cd e2e/argocd && go test -count=1 -tags argocd)

echo "--- server-side dry run of every environment"
if [[ -z ${KUBECONFIG:-} ]]; then
  echo "not run: server-side dry run (KUBECONFIG is not set)"
  [[ ${CI:-} != true ]] || exit 1
else
  (cd e2e/charts && go test -count=1 -tags charts -run '^TestServerTakesEveryEnvironment')
fi

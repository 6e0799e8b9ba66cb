#!/usr/bin/env bash
# Checks the charts and argocd/namespace. Nothing here needs a cluster but the
# last step, which asks the API server of KUBECONFIG; without it that step says
# so, and fails where CI is true. Helm, helm-unittest and kube-score are on the
# PATH by `make charts-test`.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# kube-score's rules that do not hold here, and why:
ignored=(
  # images go by commit or digest; a pod should start without the registry
  container-image-pull-policy
  # the root is read-only, and each emptyDir has its sizeLimit
  container-ephemeral-storage-request-and-limit
  # the platform specifies /health for both probes of gateway
  pod-probes-identical
  # topology spread constraints do that
  deployment-has-host-podantiaffinity
)

each_example() { # charts command…: runs the command with each chart and example
  local charts=$1 chart values
  shift
  for chart in "$charts"/*/Chart.yaml; do
    chart=${chart%/Chart.yaml}
    for values in "$chart"/ci/*.yaml; do "$@" "$chart" "$values" || return 1; done
  done
}

lint_one() { # chart values
  helm lint --quiet --strict "$1" --values "$2"
}
lint() { each_example "$1" lint_one; }

unit() { helm-unittest --strict "$1"/gateway "$1"/predict "$1"/monitoring; }

score_one() { # chart values
  [[ $(basename "$1") != monitoring ]] || return 0 # it has no pods
  local warnings=(--exit-one-on-warning)
  [[ $2 != */dev.yaml ]] || warnings=() # one replica is meant there
  {
    helm template "$(basename "$1")" "$1" --namespace mlops-housing --values "$2" || return 1
    helm template namespace argocd/namespace --namespace mlops-housing || return 1
  } >"$work/rendered.yaml"
  kube-score score --kubernetes-version v1.36 "${warnings[@]}" --output-format ci \
    --enable-optional-test container-seccomp-profile --enable-optional-test container-ports-check \
    "${ignored[@]/#/--ignore-test=}" "$work/rendered.yaml" >"$work/score" ||
    { grep -v -e '^\[OK\]' -e '^\[SKIPPED\]' "$work/score"; echo "kube-score, $1 with $2"; return 1; }
}
score() { each_example "$1" score_one; }

fresh() {
  local chart
  scripts/charts/docs.sh "$work/docs" "$1" || return 1
  for chart in gateway predict monitoring; do
    diff -u "$1/$chart/README.md" "$work/docs/$chart/README.md" || { echo "run make charts-docs"; return 1; }
  done
}

# Each check must fail on a copy of the charts that has something for it to find.
catches() { # check file edit
  rm -rf "$work/charts"
  cp -r charts "$work/charts"
  sed -i "$3" "$work/charts/$2"
  cmp -s "charts/$2" "$work/charts/$2" && { echo "the edit $3 changes nothing in $2"; exit 1; }
  if "$1" "$work/charts" >"$work/out" 2>&1; then
    echo "$1 does not notice $3 in $2"
    exit 1
  fi
}

echo "--- helm lint"
lint charts
catches lint gateway/templates/service.yaml 's/^kind: Service$/kind: {{ .Values.absent.key }}/'

echo "--- helm-unittest"
unit charts
catches unit predict/values.yaml 's/maxReplicas: 8/maxReplicas: 9/'
catches unit monitoring/templates/rules.yaml 's/include "monitoring.rules" ./true/'

echo "--- kube-score"
score charts
catches score predict/templates/_helpers.tpl 's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/'

echo "--- READMEs"
fresh charts
catches fresh gateway/values.yaml 's/# -- most pods$/# -- the most pods/'

echo "--- values, network flows, quota"
(cd e2e/charts && go test -count=1 -tags charts -skip '^TestServer')

echo "--- server-side dry run"
if [[ -z ${KUBECONFIG:-} ]]; then
  echo "not run: server-side dry run (KUBECONFIG is not set)"
  [[ ${CI:-} != true ]] || exit 1
else
  (cd e2e/charts && go test -count=1 -tags charts -run '^TestServer')
fi

#!/usr/bin/env bash
# Makes a kind cluster for `make charts-test`, `make e2e` and `make gitops-e2e`,
# with metrics-server for autoscaling and a folder for models on its node.
# KUBECONFIG is where its configuration goes; by default .cache/kubeconfig.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v kind >/dev/null || { echo "kind: the program kind is not on the PATH" >&2; exit 1; }
export KUBECONFIG=${KUBECONFIG:-$PWD/.cache/kubeconfig}
mkdir -p "$(dirname "$KUBECONFIG")"
kind get clusters 2>/dev/null | grep -qx treehouse || kind create cluster --name treehouse --wait 180s
kind export kubeconfig --name treehouse --kubeconfig "$KUBECONFIG"
docker exec treehouse-control-plane mkdir -p /var/tmp/treehouse
kubectl apply --filename https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.8.0/components.yaml
# kind's kubelets have certificates that nobody vouches for.
kubectl --namespace kube-system patch deployment metrics-server --type json \
  --patch '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]'
kubectl --namespace kube-system rollout status deployment/metrics-server --timeout 120s
echo "export KUBECONFIG=$KUBECONFIG"

#!/usr/bin/env bash
# For whoever has an AWS account: makes terraform/live/dev in it, asks for a
# prediction through the load balancer, and destroys everything again, whether
# that went well or not. It takes about an hour and costs about a US dollar (an
# estimate of 2026, never measured). It wants a fork whose argocd/envs/dev names
# images that can be pulled and the bucket of models; terraform/README.md tells.
#
#   EKS_SMOKE_CONFIRM=treehouse-dev   yes, make and destroy the cluster of this name
#   STATE_BUCKET=…                    what terraform/bootstrap made
#   terraform/live/dev/terraform.tfvars
set -euo pipefail
cd "$(dirname "$0")/../.."

name=treehouse-dev
namespace=mlops-housing-dev
refuse() { echo "eks-smoke: $*" >&2; exit 2; }
[[ ${EKS_SMOKE_CONFIRM:-} == "$name" ]] ||
  refuse "this makes and destroys an EKS cluster, which costs money; set EKS_SMOKE_CONFIRM=$name to do so"
: "${STATE_BUCKET:?eks-smoke: the bucket of states is missing}"
region=${AWS_REGION:-us-west-2}
for command in aws kubectl python3 tofu; do
  command -v "$command" >/dev/null || refuse "$command is missing"
done
[[ -f terraform/live/dev/terraform.tfvars ]] || refuse "terraform/live/dev/terraform.tfvars is missing; beside it is an example"
if aws eks describe-cluster --name "$name" --region "$region" >/dev/null 2>&1; then
  refuse "there is a cluster $name in $region already; this would destroy it"
fi

work=$(mktemp -d)
export KUBECONFIG=$work/kubeconfig TF_IN_AUTOMATION=1 TF_VAR_protected=false TF_VAR_region=$region
platform() { tofu -chdir=terraform/live/dev "$@"; }

# The root application goes first and takes along what it made: a load balancer
# that outlives its controller would hold the network.
destroy() {
  local status=$? left
  trap - EXIT INT TERM
  echo "--- destroying $name"
  if [[ -s $KUBECONFIG ]]; then
    kubectl --namespace argocd delete application root --ignore-not-found --wait --timeout=20m || status=1
  fi
  platform destroy -auto-approve -input=false || status=1
  left=$(aws resourcegroupstaggingapi get-resources --region "$region" --tag-filters Key=Environment,Values=dev Key=Project,Values=treehouse \
    --query 'ResourceTagMappingList[].ResourceARN' --output text) || status=1
  if [[ -n $left ]]; then
    echo "eks-smoke: still there (keys wait 30 days for their deletion, the rest should not be):"
    tr '\t' '\n' <<<"$left"
  fi
  rm -rf "$work"
  exit "$status"
}

echo "--- making $name in $region, in a state of its own"
platform init -input=false -reconfigure -backend-config="bucket=$STATE_BUCKET" -backend-config="region=$region" -backend-config="key=smoke/terraform.tfstate"
trap destroy EXIT
trap 'exit 130' INT TERM
platform apply -auto-approve -input=false -target=module.cluster
aws eks update-kubeconfig --name "$name" --region "$region" --kubeconfig "$KUBECONFIG"
platform apply -auto-approve -input=false

# Output by name, for dev.
of_dev() { platform output -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["dev"])'; }
url=$(of_dev models_url)
grep -q "\"$url\"" argocd/envs/dev/predict/values.yaml ||
  { echo "eks-smoke: repository.url in argocd/envs/dev/predict/values.yaml must be \"$url\", in the branch that Argo CD follows" >&2; exit 1; }
aws s3 cp --recursive --region "$region" services/predict/models "s3://$(of_dev models_bucket)/models"

echo "--- waiting for Argo CD"
for ((i = 0; i < 60; i++)); do # half an hour
  health=$(kubectl --namespace argocd get applications dev-gateway dev-predict --output 'jsonpath={.items[*].status.health.status}' 2>/dev/null || true)
  [[ $health == "Healthy Healthy" ]] && break
  sleep 30
done
kubectl --namespace argocd get applications
[[ $health == "Healthy Healthy" ]] || { echo "eks-smoke: dev is not healthy" >&2; exit 1; }

echo "--- predicting through the load balancer"
balancer=$(kubectl --namespace "$namespace" get ingress gateway --output 'jsonpath={.status.loadBalancer.ingress[0].hostname}')
answer=$(kubectl --namespace default run eks-smoke --image=curlimages/curl --restart=Never --rm --stdin --quiet --command -- \
  curl --silent --show-error --fail --retry 20 --retry-delay 15 --retry-all-errors "http://$balancer/predict" \
  --header 'Content-Type: application/json' --data '{
    "longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880, "total_bedrooms": 129,
    "population": 322, "households": 126, "median_income": 8.3252, "ocean_proximity": "NEAR BAY"}')
echo "$answer"
grep -q '"prediction":442099' <<<"$answer" || { echo "eks-smoke: expected the training library's 442099" >&2; exit 1; }
echo "result eks_smoke ok"

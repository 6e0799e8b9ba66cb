#!/usr/bin/env bash
# Runs eks-smoke.sh with stand-ins for aws, kubectl and tofu, which write down
# how they are called: what it refuses to start, and that it destroys what it
# made, in this order, also when something fails between.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/tree/scripts/terraform" "$work/tree/terraform/live/dev" "$work/tree/argocd/envs/dev/predict"
cp scripts/terraform/eks-smoke.sh "$work/tree/scripts/terraform/"
echo 'repository: {url: "s3://models?region=us-west-2"}' >"$work/tree/argocd/envs/dev/predict/values.yaml"
cat >"$work/bin/stub" <<'STUB'
#!/usr/bin/env bash
echo "$(basename "$0") $*" >>"$CALLS"
[[ -n ${FAIL:-} && "$(basename "$0") $*" == *"$FAIL"* ]] && exit 1
case "$(basename "$0") $*" in
  *describe-cluster*) [[ -n ${EXISTS:-} ]] ;;
  *'output -json models_url') echo '{"dev":"s3://models?region=us-west-2"}' ;;
  *'output -json models_bucket') echo '{"dev":"models"}' ;;
  *update-kubeconfig*) echo config >"$KUBECONFIG" ;;
  *'get applications dev-gateway'*) echo 'Healthy Healthy' ;;
  *'run eks-smoke'*) echo "{\"prediction\":${PRICE:-442099}}" ;;
esac
STUB
chmod +x "$work/bin/stub"
for command in aws kubectl tofu; do ln -s stub "$work/bin/$command"; done

smoke() { # variables…: prints the exit code
  : >"$work/calls"
  (cd "$work/tree" && env CALLS="$work/calls" PATH="$work/bin:$PATH" STATE_BUCKET=states "$@" bash scripts/terraform/eks-smoke.sh >"$work/out" 2>&1) && echo 0 || echo $?
}
expect() { # what want got
  [[ $2 == "$3" ]] || { echo "eks-smoke: $1: want $2, got $3"; cat "$work/out" "$work/calls"; exit 1; }
}
steps() { grep -oE ' (apply|destroy) |delete application root|run eks-smoke' "$work/calls" | xargs | tr -s ' '; }
all='apply apply run eks-smoke delete application root destroy'

expect 'without confirmation' 2 "$(smoke)"
expect 'without confirmation, calls' '' "$(cat "$work/calls")"
expect 'with another name' 2 "$(smoke EKS_SMOKE_CONFIRM=yes)"
expect 'without variables' 2 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev)"
touch "$work/tree/terraform/live/dev/terraform.tfvars"
expect 'a cluster that exists' 2 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev EXISTS=1)"
expect 'a cluster that exists, steps' '' "$(steps)"
expect 'a good run' 0 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev)"
expect 'a good run, steps' "$all" "$(steps)"
expect 'a wrong price' 1 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev PRICE=1)"
expect 'a wrong price, steps' "$all" "$(steps)"
expect 'a failed apply' 1 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev FAIL=-target=module.cluster)"
expect 'a failed apply, steps' 'apply destroy' "$(steps)"
expect 'a failed upload' 1 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev FAIL='s3 cp')"
expect 'a failed upload, steps' 'apply apply delete application root destroy' "$(steps)"
expect 'a failed destroy' 1 "$(smoke EKS_SMOKE_CONFIRM=treehouse-dev FAIL=' destroy')"

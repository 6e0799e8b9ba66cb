#!/usr/bin/env bash
# Checks terraform/ without AWS, a provider or an account: format, schemas,
# types, tests with mocks, tflint, checkov; and then that these checks do find
# what they should, in mutated copies. tofu and tflint are on the PATH by
# `make terraform-test`. Needs Go, npm and Python. No plan of the real provider
# runs here. The last line is "result terraform_checks <n>".
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD

for command in go npm tofu tflint helm; do
  command -v "$command" >/dev/null || { echo "terraform-test: $command is missing" >&2; exit 2; }
done
checkov=$(scripts/venv.sh scripts/terraform/requirements.txt)/bin/checkov
TF_CLI_CONFIG_FILE=$(scripts/terraform/providers.sh terraform)
export TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
export GOGC=400 TF_DISABLE_PLUGIN_TLS=1 # hundreds of short processes that speak to themselves
config=$repository/terraform/.tflint.hcl

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export work
count=0
ok() { count=$((count + ${2:-1})); echo "ok $1"; }

copy() { # from to: terraform/ with the folder beside it that it reads
  mkdir "$2"
  cp -r "$1" "$2/terraform"
  ln -s "$repository/argocd" "$2/argocd"
}

# Each check gets a terraform/ and a folder in it, and prints what it found.
validate() { (cd "$1/$2" && tofu validate -no-color); }
unit() { (cd "$1/$2" && tofu test -no-color); }
platform() { (cd "$1/$2" && tofu test -no-color -filter="tests/$(basename "$2").tftest.hcl"); }
refused() { (cd "$1/$2" && tofu test -no-color -filter=tests/refused.tftest.hcl); }
format() { tofu fmt -check -diff -recursive "$1/$2"; }
lint() { (cd "$1/$2" && tflint --config "$config" --no-color --recursive); }
security() { "$checkov" --directory "$1/$2" --framework terraform --quiet --compact --skip-download; }
protected() { # destroying what holds data must be refused
  (cd "$1/$2" && rm -f errored_test.tfstate && tofu test -no-color -test-directory=tests/protected 2>&1) >"$1/out" || true
  grep -q '^Success! 1 passed' "$1/out" && grep -q 'has prevent_destroy set' "$1/out" || { cat "$1/out"; return 1; }
}

one() { # folder: init, validate and test it
  local log
  log=$work/log-$(tr / - <<<"$1")
  {
    (cd "$work/tree/terraform/$1" && tofu init -backend=false -input=false -no-color) &&
      validate "$work/tree/terraform" "$1" &&
      if [[ -d $work/tree/terraform/$1/tests ]]; then unit "$work/tree/terraform" "$1"; fi
  } >"$log" 2>&1 || { echo "failed: $1"; cat "$log"; return 1; }
}
export -f one validate unit

echo "--- the schemas' own tests"
(cd terraform/schema && export GOWORK=off && test -z "$(gofmt -l .)" && go vet ./... && go mod tidy -diff && go test ./...)

scripts/terraform/eks-smoke-test.sh
ok "eks-smoke refuses, and destroys what it made"

# What the module gitops releases, with the values its test holds it to.
helm template root argocd/root --namespace argocd --set bootstrap=true,cluster=dev,repoURL=https://github.com/acme/treehouse.git \
  --set aws.clusterName=treehouse-dev,aws.region=us-west-2,aws.vpcId=vpc-0123 | grep -E '^(kind|  name):' | xargs >"$work/out"
diff - "$work/out" <<<'kind: AppProject name: root kind: Application name: root'
ok "the bootstrap is the root application and its project"

copy terraform "$work/tree"
cd "$work"
format tree/terraform .
ok "tofu fmt"

folders=$(cd tree/terraform && find . -name '*.tf' -not -path '*/.terraform/*' -printf '%h\n' | sort -u | cut -c3-)
xargs -P "$(nproc)" -I{} bash -c 'one {}' <<<"$folders"
while read -r folder; do
  runs=$(sed -nE 's/^Success! ([0-9]+) passed.*/\1/p' "log-$(tr / - <<<"$folder")")
  [[ -n $runs || ! -d tree/terraform/$folder/tests ]] || { echo "no test ran in $folder"; exit 1; }
  ok "$folder: valid${runs:+, $runs tests}" $((1 + ${runs:-0}))
done <<<"$folders"
for folder in modules/cluster modules/models; do
  protected tree/terraform "$folder"
  ok "$folder: destroying data is refused"
done
lint tree/terraform .
ok "tflint"
security tree/terraform .
ok "checkov"

# Each check must fail on a copy that has something for it to find. As many run
# side by side as there are processors.
catches() { # check folder file edit
  while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n; done
  catch "$@" &
}
catch() {
  local copy
  copy=$(mktemp -d -p "$work")
  cp -r tree/. "$copy"
  sed -i -E "$4" "$copy/terraform/$2/$3"
  if cmp -s "tree/terraform/$2/$3" "$copy/terraform/$2/$3"; then
    echo "the edit $4 changes nothing in $2/$3"
  elif "$1" "$copy/terraform" "$2" >"$copy/found" 2>&1; then
    echo "$1 does not notice $4 in $2/$3"
  elif ! grep -qE '^Error: |^Failure! |^Check: |issue\(s\) found|^\+|passed, 0 failed' "$copy/found"; then
    echo "$1 did not run on $4 in $2/$3" # it failed by breaking, not by finding
    cat "$copy/found"
  else
    echo "ok $1 finds $4 in $2/$3"
    rm -r "$copy"
    return 0
  fi
  return 1
}
# shellcheck source=scripts/terraform/mutations.sh
source "$repository/scripts/terraform/mutations.sh"
while [[ -n $(jobs -p) ]]; do wait -n; done
count=$((count + $(grep -c '^catches ' "$repository/scripts/terraform/mutations.sh")))

echo "result terraform_checks $count"

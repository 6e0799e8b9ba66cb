#!/usr/bin/env bash
# Tests promote.sh and version.sh on a copy of argocd/envs.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
export ROOT
ROOT=$(mktemp -d)
trap 'rm -rf "$ROOT"' EXIT
mkdir -p "$ROOT/argocd"
cp -r ../../argocd/envs "$ROOT/argocd/"
cd "$ROOT"
digest=sha256:$(printf 'a%.0s' {1..64})
failed=0

says() { # status text command…: runs it and holds its status and output to what is expected
  local want=$1 text=$2 out status=0
  shift 2
  out=$("$@" 2>&1) || status=$?
  [[ $status == "$want" && $out == *"$text"* ]] && return
  printf 'FAILED: %s\n  status %s, expected %s; its output lacks "%s":\n%s\n' "${*##*/}" "$status" "$want" "$text" "$out"
  failed=1
}
promote() { "$here/promote.sh" "$@"; }
version() { "$here/version.sh" "$@"; }
models=argocd/envs/dev/predict/models.yaml

says 2 "usage: make promote" promote
says 1 'no environment "qa"; there are: dev, prod, staging' promote qa dev predict
says 1 "FROM and TO are both dev" promote dev dev predict
says 1 'no service or model "churn"; there are the services gateway, predict and the models housing' promote dev staging churn
says 1 'WHAT is "../x"' promote dev staging ../x
says 0 "nothing to do" promote dev staging predict

says 2 "usage: make set-version" version dev predict
says 1 "argocd/envs/dev/churn/version.yaml is not there" version dev churn 1.0.0 "$digest"
says 1 'DIGEST is "sha256:12"' version dev predict 1.0.0 sha256:12
says 0 "wrote argocd/envs/dev/predict/version.yaml" version dev predict 1.2.0 "$digest"

says 0 '+  tag: "1.2.0"' promote dev staging predict
says 0 "" cmp argocd/envs/dev/predict/version.yaml argocd/envs/staging/predict/version.yaml
says 1 "" cmp -s argocd/envs/dev/predict/version.yaml argocd/envs/prod/predict/version.yaml
says 0 "a DOWNGRADE of predict in staging, from 1.2.0 to 0.1.0" promote prod staging predict

sed -i 's/version: 3/version: 4/' "$models"
echo '  - {name: churn, version: 1, sha256: "'"${digest#sha256:}"'", default: true}' >>"$models"
says 0 "+  - {name: housing, version: 4" promote dev staging housing
says 1 "" grep churn argocd/envs/staging/predict/models.yaml
says 0 "+  - {name: churn, version: 1" promote dev staging churn
says 0 "a DOWNGRADE of housing in staging, from version 4 to 3" promote prod staging housing
says 0 "version: 1" grep churn argocd/envs/staging/predict/models.yaml

# Two versions of one model go together.
sed -i 's/^  - {name: housing.*/&\n  - {name: housing, version: 5, sha256: "'"${digest#sha256:}"'"}/' "$models"
says 0 "+  - {name: housing, version: 5" promote dev prod housing
says 0 2 grep -c "name: housing" argocd/envs/prod/predict/models.yaml

rm -r argocd/envs/staging/gateway
says 1 "staging has no service gateway" promote dev staging gateway
((failed == 0)) && echo "promote: ok"
exit $failed

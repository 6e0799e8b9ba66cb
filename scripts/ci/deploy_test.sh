#!/usr/bin/env bash
# Tests deploy.sh with repositories on this machine and a registry of one line.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
git() { command git -c user.name=test -c user.email=test@example.com -c commit.gpgsign=false "$@"; }
says() { # text command…
  local text=$1 out
  shift
  out=$("$@" 2>&1) || true
  [[ $out == *"$text"* ]] && return
  printf 'FAILED: its output lacks "%s":\n%s\n' "$text" "$out"
  failed=1
}

git init --quiet --bare --initial-branch=main "$work/origin.git"
git clone --quiet "$work/origin.git" "$work/clone" 2>/dev/null
cd "$work/clone"
git checkout --quiet -B main
mkdir -p scripts argocd
cp -r "$here" scripts/ci
cp -r "$here/../argocd" scripts/argocd
cp -r "$here/../../argocd/envs" argocd/envs
git add --all && git commit --quiet --message first && git push --quiet origin main
first=$(git rev-parse HEAD)
git commit --quiet --allow-empty --message second && git push --quiet origin main
second=$(git rev-parse HEAD)
printf '#!/bin/sh\necho "sha256:%s"\n' "$(printf 'a%.0s' {1..64})" >"$work/inspect"
chmod +x "$work/inspect"
export REGISTRY=registry.example.com INSPECT=$work/inspect

says "deploy: dev runs $second" env TAG="$second" scripts/ci/deploy.sh
says "tag: \"$second\"" git -C "$work/origin.git" show main:argocd/envs/dev/gateway/version.yaml
says "argocd/envs/dev/gateway/version.yaml
argocd/envs/dev/predict/version.yaml" git -C "$work/origin.git" show --format= --name-only main
says "already" env TAG="$second" scripts/ci/deploy.sh
says "which is newer than $first" env TAG="$first" scripts/ci/deploy.sh
printf '#!/bin/sh\necho unknown\n' >"$work/inspect"
says 'DIGEST is "unknown"' env TAG=1.0.0 scripts/ci/deploy.sh
((failed == 0)) && echo "deploy: ok"
exit $failed

#!/usr/bin/env bash
# Writes which image a service of an environment runs: how dev follows the main
# branch. version.sh ENV SERVICE TAG DIGEST
set -euo pipefail
cd "${ROOT:-$(dirname "$0")/../..}"

env=${1:-} service=${2:-} tag=${3:-} digest=${4:-}
[[ $env && $service && $tag && $digest ]] || { echo "usage: make set-version ENV=dev SERVICE=predict IMAGE_TAG=1f0c2d9 DIGEST=sha256:…" >&2; exit 2; }
file=argocd/envs/$env/$service/version.yaml
[[ $env =~ ^[a-z]+$ && $service =~ ^[a-z-]+$ && -f $file ]] || { echo "set-version: $file is not there" >&2; exit 1; }
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || { echo "set-version: IMAGE_TAG is \"$tag\"; expected a tag" >&2; exit 1; }
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "set-version: DIGEST is \"$digest\"; expected sha256: and 64 hex digits" >&2; exit 1; }
cat >"$file" <<END
# Which image runs: written by the deploy workflow (dev) or by \`make promote\`.
image:
  tag: "$tag"
  digest: "$digest"
END
echo "wrote $file: $tag at $digest"

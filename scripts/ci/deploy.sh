#!/usr/bin/env bash
# Makes dev run the images REGISTRY/{gateway,predict}:TAG: asks the registry for
# their digests, writes dev's version.yaml files, commits and pushes. An older
# run that comes late changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${REGISTRY:?}" "${TAG:?}"
branch=${BRANCH:-main}
inspect=(docker buildx imagetools inspect --format '{{.Manifest.Digest}}')
[[ -z ${INSPECT:-} ]] || inspect=("$INSPECT") # a program that knows a registry otherwise, as a test's

# A function, which is read as a whole before the files change under it.
deploy() {
  declare -A digests
  for service in gateway predict; do
    digests[$service]=$("${inspect[@]}" "$REGISTRY/$service:$TAG")
  done
  for _ in 1 2 3; do
    git fetch --quiet origin "$branch"
    git reset --quiet --hard "origin/$branch"
    current=$(sed -nE 's/^  tag: "(.*)"$/\1/p' argocd/envs/dev/predict/version.yaml)
    if [[ $current != "$TAG" ]] && git merge-base --is-ancestor "$TAG" "$current" 2>/dev/null; then
      echo "deploy: dev runs $current, which is newer than $TAG; nothing to do"
      exit
    fi
    for service in gateway predict; do scripts/argocd/version.sh dev "$service" "$TAG" "${digests[$service]}"; done
    git diff --quiet && { echo "deploy: dev runs $TAG already"; exit; }
    git -c user.name=deploy -c user.email=deploy@users.noreply.github.com commit --quiet --message "Run $TAG in dev" -- argocd/envs/dev
    git push --quiet origin "HEAD:$branch" && { echo "deploy: dev runs $TAG"; exit; }
    echo "deploy: somebody else pushed meanwhile; again"
  done
  echo "deploy: gave up after three attempts" >&2
  exit 1
}
deploy

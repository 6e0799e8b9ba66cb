#!/usr/bin/env bash
# What the workflow images does with the image REGISTRY/SERVICE:TAG; each step
# runs as well where docker, trivy and cosign are.
#   image.sh scan    build for this machine, and refuse known severe vulnerabilities that have a fix
#   image.sh push    build for amd64 and arm64 and push, with SBOM and provenance; prints the digest
#   image.sh sign    sign that digest, keyless
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${REGISTRY:?}" "${TAG:?}" "${SERVICE:?names the service, as predict}"
[[ -f services/$SERVICE/Dockerfile ]] || { echo "image: there is no services/$SERVICE/Dockerfile" >&2; exit 1; }
image=$REGISTRY/$SERVICE:$TAG
metadata=.cache/images/$SERVICE.json
mkdir -p .cache/images
commit=$(git rev-parse HEAD)
build=(docker buildx build --file "services/$SERVICE/Dockerfile" --build-arg "VERSION=$TAG" --build-arg "COMMIT=$commit" --tag "$image")
digest() { sed -nE 's/.*"containerimage.digest": "(sha256:[0-9a-f]{64})".*/\1/p' "$metadata"; }

case ${1:-} in
  scan)
    "${build[@]}" --load .
    trivy image --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$image"
    ;;
  push)
    "${build[@]}" --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max --metadata-file "$metadata" --push .
    echo "$image@$(digest)"
    ;;
  sign)
    [[ -s $metadata ]] || { echo "image: nothing was pushed: run make image-push first" >&2; exit 1; }
    cosign sign --yes "$REGISTRY/$SERVICE@$(digest)"
    ;;
  *) sed -n '4,7s/^# *//p' "$0" >&2; exit 2 ;;
esac

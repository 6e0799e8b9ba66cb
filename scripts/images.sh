#!/usr/bin/env bash
# Builds the container images REGISTRY/<name>:TAG, tells their compressed sizes
# and fails when one is above MAX_MB.
#   images.sh [NAME…]             all, or some of: gateway predict standalone models
#   images.sh --prebuild [NAME…]  only the binaries below bin/linux-<arch>, for OFFLINE builds by other means
# In the environment:
#   REGISTRY, TAG, VERSION, COMMIT   as in the Makefile
#   BUILDER    docker or buildah; by default docker when its daemon answers, else buildah
#   BASE, GO_IMAGE                   base and compiler images, else those in the Dockerfiles
#   OFFLINE=1  compile outside the build; with BASE=scratch, which implies it, nothing is pulled
#   PLATFORM   linux/amd64 or linux/arm64; by default this machine's
#   PUSH=1     push too, and print the digests to pin. For both platforms under one tag:
#              docker buildx build --platform linux/amd64,linux/arm64 --push --file services/<name>/Dockerfile …
#   FLAGS      more flags for the builder
set -euo pipefail
cd "$(dirname "$0")/.."

REGISTRY=${REGISTRY:-localhost/treehouse}
VERSION=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
COMMIT=${COMMIT:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}
TAG=${TAG:-$VERSION}
MAX_MB=${MAX_MB:-30}
[[ ${BASE:-} != scratch ]] || OFFLINE=1

machine() { case $(uname -m) in x86_64) echo amd64 ;; aarch64 | arm64) echo arm64 ;; *) uname -m ;; esac; }
PLATFORM=${PLATFORM:-linux/$(machine)}
arch=${PLATFORM#linux/}

prebuild=
if [[ ${1:-} == --prebuild ]]; then prebuild=1; shift; fi
names=("$@")
((${#names[@]})) || names=(gateway predict standalone models)
for name in "${names[@]}"; do
  [[ $name =~ ^(gateway|predict|standalone|models)$ ]] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
done

# What a Dockerfile's stage "prebuilt" copies: static binaries, and the
# certificates of this machine's authorities.
compile() {
  local name bundle folder=bin/linux-$arch package=github.com/treehouse-ml/treehouse/services/internal/buildinfo
  mkdir -p "$folder"
  for name in "${names[@]}"; do
    [[ $name != models ]] || continue # it takes predict's
    GOOS=linux GOARCH=$arch CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$folder/${name/standalone/treehouse}" \
      -ldflags "-s -w -X $package.Version=$VERSION -X $package.Commit=$COMMIT" "./services/$name"
  done
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [[ -s $bundle ]] || continue
    cp "$bundle" "$folder/ca-certificates.crt"
    return
  done
  echo "images: this machine has no bundle of certificate authorities (Debian: apt-get install ca-certificates)" >&2
  return 1
}

if [[ $prebuild ]]; then compile; exit; fi

builder() {
  if docker version >/dev/null 2>&1; then echo docker
  elif command -v buildah >/dev/null; then echo buildah
  else echo "images: neither a docker daemon nor buildah is here" >&2; return 1
  fi
}
BUILDER=${BUILDER:-$(builder)}

flags=(--platform "$PLATFORM" --build-arg "VERSION=$VERSION" --build-arg "COMMIT=$COMMIT")
[[ -z ${BASE:-} ]] || flags+=(--build-arg "BASE=$BASE")
[[ -z ${GO_IMAGE:-} ]] || flags+=(--build-arg "GO_IMAGE=$GO_IMAGE")
[[ -z ${GOPROXY:-} ]] || flags+=(--build-arg "GOPROXY=$GOPROXY")
# Always named: old buildahs do not see that a default in the Dockerfile is a stage.
flags+=(--build-arg "BUILD=$([[ ${OFFLINE:-} ]] && echo prebuilt || echo source)")
read -ra more <<<"${FLAGS:-}"

build() { # image, flags and context…
  local image=$1
  shift
  case $BUILDER in
    docker) DOCKER_BUILDKIT=1 docker build --quiet --tag "$image" "${flags[@]}" "${more[@]}" "$@" ;;
    # As root in a container buildah has neither overlayfs nor namespaces; vfs
    # and chroot work everywhere, and these images are small.
    buildah) buildah --storage-driver "${STORAGE_DRIVER:-vfs}" build --quiet --isolation "${ISOLATION:-chroot}" --tag "$image" "${flags[@]}" "${more[@]}" "$@" ;;
    *) echo "images: BUILDER is $BUILDER; expected docker or buildah" >&2; return 1 ;;
  esac >/dev/null
}

archive() { # image: its layers as a stream
  case $BUILDER in
    docker) docker save "$1" ;;
    buildah)
      local file
      file=$(mktemp -u --suffix .tar)
      buildah --storage-driver "${STORAGE_DRIVER:-vfs}" push --quiet "$1" "docker-archive:$file" >/dev/null
      cat "$file"
      rm -f "$file"
      ;;
  esac
}

push() { # image: prints its digest
  case $BUILDER in
    docker)
      docker push --quiet "$1" >/dev/null
      docker image inspect --format '{{index .RepoDigests 0}}' "$1"
      ;;
    buildah)
      local file
      file=$(mktemp)
      buildah --storage-driver "${STORAGE_DRIVER:-vfs}" push --quiet --digestfile "$file" "$1" >/dev/null
      echo "${1%:*}@$(cat "$file")"
      rm -f "$file"
      ;;
  esac
}

[[ -z ${OFFLINE:-} ]] || compile
failed=0
for name in "${names[@]}"; do
  image=$REGISTRY/$name:$TAG
  begin=${EPOCHREALTIME/./}
  if [[ $name == models ]]; then
    build "$image" --build-arg "PREDICT=$REGISTRY/predict:$TAG" services/predict/models
  else
    build "$image" --file "services/$name/Dockerfile" .
  fi
  seconds=$(((${EPOCHREALTIME/./} - begin) / 100000))
  bytes=$(archive "$image" | gzip | wc -c)
  mb=$((bytes / 100000))
  printf '%s %s: %d.%d MB compressed, %d.%d s\n' "$image" "$PLATFORM" $((mb / 10)) $((mb % 10)) $((seconds / 10)) $((seconds % 10))
  printf 'result image_mb_%s %d.%d\n' "$name" $((mb / 10)) $((mb % 10))
  if ((mb >= MAX_MB * 10)); then
    echo "images: $name is above $MAX_MB MB" >&2
    failed=1
  elif [[ ${PUSH:-} ]]; then
    push "$image"
  fi
done
exit $failed

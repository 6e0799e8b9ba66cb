#!/usr/bin/env bash
# usage: scripts/terraform/providers.sh FOLDER
# Makes a mirror of stand-ins for the providers that the configurations in
# FOLDER name, which know the schemas of the types used there and nothing else
# (terraform/schema), and prints the file for TF_CLI_CONFIG_FILE. A mirror is
# made once for the same types, versions and sources. Needs Go and npm.
set -euo pipefail

folder=$(cd "${1:?usage: providers.sh FOLDER}" && pwd)
cd "$(dirname "$0")/../.."
cache=$PWD/.cache/terraform
mkdir -p "$cache"
export GOWORK=off CGO_ENABLED=0

# The npm packages and the versions of the providers that they describe.
providers=(
  "hashicorp/aws 6.25.0 @cdktf/provider-aws@21.22.1"
  "hashicorp/helm 3.1.1 @cdktf/provider-helm@12.1.2"
)

types=$(find "$folder" -name '*.tf' -not -path '*/.terraform/*' -exec cat {} + |
  sed -nE 's/^(resource|data) +"([a-z0-9_]+)".*/\1 \2/p' | sort -u)
[[ -n $types ]] || { echo "providers.sh: no resources in $folder" >&2; exit 1; }
key=$({ echo "$types"; printf '%s\n' "${providers[@]}"; cat "$0"
  find terraform/schema -name '*.go' -not -name '*_test.go' -print0 | sort -z | xargs -0 cat
  cat terraform/schema/go.mod; } | sha256sum | cut -c1-16)
mirror=$cache/mirror-$key

exec 9>"$cache/lock"
flock 9
if [[ ! -f $mirror/config ]]; then
  echo "reading provider schemas (once)" >&2
  rm -rf "$cache"/mirror-*
  mkdir -p "$mirror"
  (cd terraform/schema && go build -trimpath -ldflags '-s -w' -o "$mirror/schema" .)
  echo "$types" >"$mirror/types"
  for provider in "${providers[@]}"; do
    read -r name version package <<<"$provider"
    archive=$cache/$(tr -d @ <<<"${package%@*}" | tr / -)-${package##*@}.tgz
    if [[ ! -f $archive ]]; then
      download=$(mktemp -d)
      npm pack --silent --pack-destination "$download" "$package" >/dev/null
      mv "$download"/*.tgz "$archive"
      rm -r "$download"
    fi
    target=$mirror/registry.opentofu.org/$name/$version/$(go env GOOS)_$(go env GOARCH)
    mkdir -p "$target"
    "$mirror/schema" extract -package "$archive" -provider "$name" -types "$mirror/types" -out "$target/schema.json"
    ln "$mirror/schema" "$target/terraform-provider-${name#*/}_v$version"
  done
  cat >"$mirror/config" <<CONFIG
disable_checkpoint = true
provider_installation {
  filesystem_mirror { path = "$mirror" }
}
CONFIG
fi
echo "$mirror/config"

#!/usr/bin/env bash
# Makes the release VERSION, a tag as v1.2.3, in dist/.
#   release.sh build      binaries for three platforms, charts, checksums, notes
#   release.sh publish    push the charts to CHARTS_REGISTRY and make GitHub's release
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${VERSION:-}
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "release: VERSION is \"$version\"; expected a semantic version as v1.2.3" >&2; exit 1; }
number=${version#v}
dist=$PWD/dist

build() {
  local platform name package=github.com/treehouse-ml/treehouse/services/internal/buildinfo
  rm -rf "$dist" && mkdir -p "$dist"
  for platform in linux/amd64 linux/arm64 darwin/arm64; do # predict locks files as Windows does not
    local folder=$dist/treehouse-$number-${platform/\//-}
    mkdir -p "$folder"
    for name in gateway predict standalone; do
      GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0 go build -trimpath -o "$folder/${name/standalone/treehouse}" \
        -ldflags "-s -w -X $package.Version=$version -X $package.Commit=$(git rev-parse HEAD)" "./services/$name"
    done
    cp LICENSE README.md services/scoring/python/treehouse.py "$folder"
    tar -C "$dist" --sort=name --owner=0 --group=0 --mtime=@"$(git log -1 --format=%ct)" -czf "$folder.tar.gz" "${folder##*/}"
    rm -r "$folder"
  done
  for chart in charts/*/Chart.yaml; do
    helm package "${chart%/Chart.yaml}" --version "$number" --app-version "$version" --destination "$dist"
  done
  (cd "$dist" && sha256sum -- *.t*gz >checksums.txt)
  notes >"$dist/notes.md"
  ls -l "$dist"
}

notes() {
  local before
  before=$(git describe --tags --abbrev=0 "HEAD^" 2>/dev/null || true)
  echo "## Changes${before:+ since $before}"
  echo
  git log -200 --format='- %s (%h)' ${before:+"$before.."}HEAD
  echo
  echo "Images \`{gateway,predict,standalone}:$version\` are signed by cosign, keyless; their SBOM and provenance are attached."
}

publish() {
  [[ -s $dist/checksums.txt ]] || { echo "release: dist/ is empty: run make release first" >&2; exit 1; }
  for chart in "$dist"/*.tgz; do helm push "$chart" "${CHARTS_REGISTRY:?}"; done
  cosign sign-blob --yes --bundle "$dist/checksums.bundle" "$dist/checksums.txt"
  gh release create "$version" --verify-tag --title "$version" --notes-file "$dist/notes.md" \
    $([[ $number == *-* ]] && echo --prerelease) "$dist"/*.t*gz "$dist"/checksums.*
}

case ${1:-} in
  build | publish) "$1" ;;
  *) sed -n '3,4s/^# *//p' "$0" >&2; exit 2 ;;
esac

#!/usr/bin/env bash
# Installs development tools at their pinned versions into the folder $1: those
# of the groups that follow it (their list is at the end), of all groups but
# bench if none follows.
# A tool is built only when its pinned version is not there yet.
set -euo pipefail

folder=${1:?usage: tools.sh FOLDER [GROUP]…}
shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

build() { # name version command…: runs the command unless it ran for this version
  local name=$1 version=$2
  shift 2
  [[ -x "$folder/$name" && -f "$folder/.$name-$version" ]] && return
  echo "installing $name $version"
  GOBIN="$folder" GOWORK=off GOFLAGS="-mod=mod ${tags:+-tags=$tags}" CGO_ENABLED=0 "$@"
  rm -f "$folder/.$name-v"*
  touch "$folder/.$name-$version"
}

install() { # package version
  build "$(basename "$1")" "$2" go install "$1@$2"
}

# go install refuses a package whose go.mod has replace directives. Such a tool
# is built in a module of its own, which repeats them.
install_replacing() { # package version old=>new@version…
  build "$(basename "$1")" "$2" in_module "$@"
}

in_module() {
  local package=$1 version=$2 module
  shift 2
  module=$(mktemp -d)
  (
    cd "$module"
    go mod init tool 2>/dev/null
    local replace
    for replace; do go mod edit -replace "$replace"; done
    go get "$package@$version" 2>/dev/null || go get "$package@$version"
    go install "$package"
  )
  rm -r "$module"
}

code() {
  install github.com/bufbuild/buf/cmd/buf v1.73.0
  install google.golang.org/protobuf/cmd/protoc-gen-go v1.36.12
  install google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.6.2
  install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway v2.31.0
  install github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0
  install github.com/rhysd/actionlint/cmd/actionlint v1.7.12
}

charts() {
  install helm.sh/helm/v4/cmd/helm v4.3.1
  install github.com/zegl/kube-score/cmd/kube-score v1.20.0
  install_replacing github.com/helm-unittest/helm-unittest/cmd/helm-unittest v1.1.2 \
    github.com/vmware-labs/yaml-jsonpath=github.com/helm-unittest/yaml-jsonpath@v0.4.0
}

# Without the discoveries of clouds, which nothing here uses: half the size.
observe() {
  local package
  for package in prometheus promtool; do
    tags=remove_all_sd install_replacing "github.com/prometheus/prometheus/cmd/$package" v0.315.0 \
      cloud.google.com/go=cloud.google.com/go@v0.123.0
  done
}

# Its module's list of versions cannot be had from every proxy, so it is named
# in a module of our own, which needs no list.
cluster() {
  build kube-state-metrics v2.15.0 in_named_module k8s.io/kube-state-metrics/v2 v2.15.0
}

in_named_module() { # module and package, version
  local module
  module=$(mktemp -d)
  (
    cd "$module"
    go mod init tool 2>/dev/null
    go mod edit -require "$1@$2"
    go install "$1"
  )
  rm -r "$module"
}

# Looks up which of our dependencies have known vulnerabilities that we call.
vulnerabilities() {
  install golang.org/x/vuln/cmd/govulncheck v1.9.0
}

bench() {
  install golang.org/x/perf/cmd/benchstat v0.0.0-20260908200009-22c9c6c9d4da
}

terraform() {
  install_replacing github.com/opentofu/opentofu/cmd/tofu v1.12.6 \
    github.com/hashicorp/hcl/v2=github.com/opentofu/hcl/v2@v2.20.2-0.20251021132045-587d123c2828
  install github.com/terraform-linters/tflint v0.64.0
}

(($# > 0)) || set -- code charts observe cluster terraform
for group; do
  case $group in
    code | charts | observe | cluster | bench | terraform | vulnerabilities) "$group" ;;
    *) echo "tools.sh: no group $group; there are: code, charts, observe, cluster, bench, terraform, vulnerabilities" >&2; exit 2 ;;
  esac
done

#!/usr/bin/env bash
# Installs the development tools at their pinned versions into the folder $1.
# A tool is built only when its pinned version is not there yet.
set -euo pipefail

folder=${1:?usage: tools.sh FOLDER}
mkdir -p "$folder"

install() { # package version
  local name stamp
  name=$(basename "$1")
  stamp="$folder/.$name-$2"
  [[ -x "$folder/$name" && -f "$stamp" ]] && return
  echo "installing $name $2"
  GOBIN="$folder" GOWORK=off GOFLAGS=-mod=mod go install "$1@$2"
  rm -f "$folder/.$name-"*
  touch "$stamp"
}

install github.com/bufbuild/buf/cmd/buf v1.73.0
install google.golang.org/protobuf/cmd/protoc-gen-go v1.36.12
install google.golang.org/grpc/cmd/protoc-gen-go-grpc v1.6.2
install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway v2.31.0
install github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0
install github.com/rhysd/actionlint/cmd/actionlint v1.7.12

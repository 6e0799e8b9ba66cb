#!/usr/bin/env bash
# E2E_LOAD_IMAGE for kind: builds an image and puts it on the node.
#   load-image.sh NAME:TAG CONTEXT [flags of docker build]
set -euo pipefail
name=$1 context=$2
shift 2
docker build --quiet --tag "$name" "$@" "$context"
kind load docker-image --name treehouse "$name"

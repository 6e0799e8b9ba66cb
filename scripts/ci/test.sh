#!/usr/bin/env bash
# Checks .github/ and the scripts that its workflows run, and that a wrong
# workflow is noticed. actionlint is on the PATH by `make workflows-test`.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "--- actionlint"
actionlint
sed 's/matrix\.service }}/matrix.servise }}/' .github/workflows/images.yml >"$work/wrong.yml"
if actionlint "$work/wrong.yml" >"$work/out"; then
  echo "actionlint does not notice a matrix without that key"
  exit 1
fi

echo "--- targets, pins, permissions, and that each mistake is noticed"
(cd e2e/workflows && go test -count=1 .)

echo "--- deploy"
scripts/ci/deploy_test.sh

echo "--- versions"
if VERSION=1.2 scripts/ci/release.sh build >"$work/out" 2>&1 || ! grep -q 'expected a semantic version' "$work/out"; then
  echo "release.sh takes VERSION=1.2"
  exit 1
fi

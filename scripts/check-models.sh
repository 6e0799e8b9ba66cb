#!/usr/bin/env bash
# usage: scripts/check-models.sh HOUSING_CSV
# Trains the housing models again with the committed script and the pinned
# libraries: each version must load and be certified, and its measured error
# must be that of the committed model within 1 %, because another processor's
# rounding can move a split.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${1:?usage: check-models.sh HOUSING_CSV}
models=services/predict/models/housing
venv=$(scripts/venv.sh $models/requirements.txt)
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

"$venv/bin/python" $models/train.py --data "$data" --output "$fresh"
make --silent build
for version in 1 2 3; do
  bin/predict inspect "$fresh/$version" >/dev/null
  committed=$(awk '$1 == "rmse:" {print $2}' $models/$version/model.yaml)
  trained=$(awk '$1 == "rmse:" {print $2}' "$fresh/$version/model.yaml")
  awk -v a="$committed" -v b="$trained" 'BEGIN {exit !(a > 0 && b > 0 && (a - b) ^ 2 <= (a / 100) ^ 2)}' ||
    { echo "version $version: rmse $committed as committed, $trained as trained again" >&2; exit 1; }
  echo "ok housing $version: rmse $trained, committed $committed"
done

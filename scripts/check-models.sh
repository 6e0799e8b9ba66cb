#!/usr/bin/env bash
# usage: scripts/check-models.sh HOUSING_CSV
# Trains the housing models again with the committed script and the pinned
# libraries, and serves the result: each version must load, and its measured
# error must be that of the committed model, so that what is committed is what
# the script makes.
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
  committed=$(grep 'rmse:' $models/$version/model.yaml)
  trained=$(grep 'rmse:' "$fresh/$version/model.yaml")
  [[ $committed == "$trained" ]] || { echo "version $version: committed $committed, trained again $trained" >&2; exit 1; }
  echo "ok housing $version:$trained"
done

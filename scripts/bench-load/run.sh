#!/usr/bin/env bash
# Measures how long a random forest of 500 deep trees, about 200 MB, takes to
# load, and how much memory at most; the memory of boosters, too: see bench.py. Needs bin/predict and Python.
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ -x bin/predict ]] || { echo "bench-load: bin/predict is missing: run make build" >&2; exit 2; }
environment=$(scripts/venv.sh scripts/parity/requirements.txt) # it has scikit-learn and skops, and is there anyway
export PYTHONDONTWRITEBYTECODE=1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

"$environment/bin/python" scripts/bench-load/forest.py "$directory"
"$environment/bin/python" scripts/bench-load/boosters.py "$directory"
"$environment/bin/python" scripts/bench-load/bench.py bin/predict "$directory"

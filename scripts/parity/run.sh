#!/usr/bin/env bash
# Compares random models with the newest libraries that install here.
#
#   PARITY_SECONDS=100   how long to make models (default)
#   PARITY_MODELS=N      and how many at most
#   PARITY_SEED=0        the seed of the run (default: from the clock; printed)
#   PARITY_REQUIREMENTS  the Python libraries (default: requirements.txt, pinned)
#
# Random scikit-learn, XGBoost, LightGBM and CatBoost models are trained on random data
# and saved by treehouse.save. Go opens each one and replays its certificate, by
# the tolerances of services/scoring; then bin/predict score reads the same rows
# from a CSV. It also runs the tests of treehouse.py. A model that comes out
# differently is kept below .cache/parity/failed. Last, lines "result <name> <n>".
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ -x bin/predict ]] || { echo "parity: bin/predict is missing: run make build" >&2; exit 2; }
environment=$(scripts/venv.sh "${PARITY_REQUIREMENTS:-scripts/parity/requirements.txt}")
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1

"$environment/bin/python" -m pytest -q -p no:cacheprovider services/scoring/python
replay=$PWD/.cache/parity/replay.test
mkdir -p .cache/parity
go test -c -tags parity -o "$replay" ./services/scoring
"$environment/bin/python" scripts/parity/parity.py --replay "$replay" --predict bin/predict \
  --failed .cache/parity/failed --seconds "${PARITY_SECONDS:-100}" ${PARITY_SEED:+--seed "$PARITY_SEED"} ${PARITY_MODELS:+--models "$PARITY_MODELS"}

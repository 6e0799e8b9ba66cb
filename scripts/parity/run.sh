#!/usr/bin/env bash
# Compares random models with the libraries: the newest that install here, and older ones.
#
#   PARITY_ENVIRONMENTS  which (default: newest and each of older/), each in a Python environment of its own
#   PARITY_MODELS=N      about how many models together, half of them by the newest; then an
#                        older environment makes sure of a class only if those before it did not
#   PARITY_SECONDS=600   how long an environment makes models at most (default)
#   PARITY_SEED=0        the seed of the run (default: from the clock; printed)
#   PARITY_REQUIREMENTS  of the newest (default: requirements.txt, pinned)
#
# Random models of every class, objective and operator of docs/formats.md are trained
# on random data and saved by treehouse.save. Go opens each one and replays its
# certificate, by the tolerances of services/scoring; then bin/predict score reads the
# same rows from a CSV. It also runs the tests of treehouse.py. A model that comes out
# differently is kept below .cache/parity/failed; a class that was not met fails, too.
# Last, lines "result parity_<class> <largest relative difference>".
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ -x bin/predict ]] || { echo "parity: bin/predict is missing: run make build" >&2; exit 2; }
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
all="newest sklearn-1.5 sklearn-1.3 sklearn-1.1 oldest"
read -ra names <<<"${PARITY_ENVIRONMENTS:-$all}"
replay=$PWD/.cache/parity/replay.test
mkdir -p .cache/parity
go test -c -tags parity -o "$replay" ./services/scoring

failed=0 met=()
for name in "${names[@]}"; do
  requirements=scripts/parity/older/$name.txt models=$((${PARITY_MODELS:-600} / (2 * (${#names[@]} > 1 ? ${#names[@]} - 1 : 1))))
  if [[ $name == newest ]]; then
    requirements=${PARITY_REQUIREMENTS:-scripts/parity/requirements.txt} models=$((${PARITY_MODELS:-600} / (${#names[@]} > 1 ? 2 : 1)))
  fi
  environment=$(scripts/venv.sh "$requirements")
  [[ $name != newest ]] || "$environment/bin/python" -m pytest -q -p no:cacheprovider services/scoring/python
  file=$PWD/.cache/parity/met-$name.json
  rm -f "$file"
  "$environment/bin/python" scripts/parity/parity.py --replay "$replay" --predict bin/predict --failed .cache/parity/failed \
    --met "$file" ${PARITY_MODELS:+--known ${met[@]+"${met[@]}"}} --seconds "${PARITY_SECONDS:-600}" --models "$models" \
    ${PARITY_SEED:+--seed "$PARITY_SEED"} || failed=1
  met+=("$file")
done

whole=()
if [[ " ${names[*]} " == *" newest "* && " ${names[*]} " == *" oldest "* ]]; then # which together can have all
  whole=(--catalog .cache/parity/catalog.json)
  "$replay" -test.run='TestParityCatalog$' -test.v | sed -n 's/.*catalog \(\[.*\]\)/\1/p' >.cache/parity/catalog.json
fi
"$environment/bin/python" scripts/parity/report.py "${met[@]}" ${whole[@]+"${whole[@]}"} || failed=1
exit $failed

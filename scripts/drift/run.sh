#!/usr/bin/env bash
# Holds the rules of drift to what they promise, with a real Prometheus:
#
#   rules.py     random streams of rows, as counters of pods that come, go and start
#                again; what the rules make of them equals scipy's distances
#   housing.py   the real treehouse counts a stream of houses whose shift sets in
#                after some hours: alerts fire then, and never without the shift
#
# DRIFT_SEED chooses the random streams (default: from the clock; printed). Needs
# .cache/tools/{prometheus,promtool}, bin/treehouse, and Python 3.11 or 3.12. The
# last lines are "result <name> <n>".
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ -x bin/treehouse ]] || { echo "drift: bin/treehouse is missing: run make build" >&2; exit 2; }
environment=$(scripts/venv.sh scripts/parity/requirements.txt) # it has scipy, and is there anyway
export PATH=$PWD/.cache/tools:$PATH PYTHONDONTWRITEBYTECODE=1

"$environment/bin/python" scripts/drift/housing.py &
housing=$!
trap 'kill $housing 2>/dev/null || true' EXIT
status=0
"$environment/bin/python" scripts/drift/rules.py ${DRIFT_SEED:+--seed "$DRIFT_SEED"} || status=$?
wait $housing || status=$?
trap - EXIT
exit $status

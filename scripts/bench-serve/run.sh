#!/usr/bin/env bash
# Compares the throughput of gateway + predict with that of two Python servers,
# for the housing random forest, on one core. See bench.py --help.
# Needs bin/gateway and bin/predict (make build), wrk, Python 3.11 or 3.12, and
# two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

for command in wrk taskset; do
  command -v "$command" >/dev/null || { echo "bench-serve: $command is missing (Debian: wrk, util-linux)" >&2; exit 2; }
done
for binary in bin/gateway bin/predict; do
  [[ -x $binary ]] || { echo "bench-serve: $binary is missing: run make build" >&2; exit 2; }
done

environment=$(scripts/venv.sh scripts/bench-serve/requirements.txt)
PYTHONDONTWRITEBYTECODE=1 exec "$environment/bin/python" scripts/bench-serve/bench.py "$@"

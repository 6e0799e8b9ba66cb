#!/usr/bin/env bash
# Compares the engine with other evaluators of tree ensembles, on one core and
# one thread. README.md says what and how; bench.py --help lists the options.
# Needs Go, gcc (tl2cgen compiles C), taskset, and Python 3.11 or 3.12.
set -euo pipefail
cd "$(dirname "$0")/../.."

for command in gcc taskset; do
  command -v "$command" >/dev/null || { echo "bench-engine: $command is missing (Debian: gcc libc6-dev, util-linux)" >&2; exit 2; }
done

environment=$(scripts/venv.sh scripts/bench-engine/requirements.txt)
writer=$(scripts/venv.sh scripts/bench-engine/requirements-binary.txt)
contestant=$PWD/.cache/bench-engine/contestant
(cd scripts/bench-engine/go && GOWORK=off go build -trimpath -o "$contestant" .)

export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
exec "$environment/bin/python" scripts/bench-engine/bench.py \
  --go-contestant "$contestant" --binary-writer "$writer/bin/python" "$@"

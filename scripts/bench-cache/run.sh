#!/usr/bin/env bash
# usage: run.sh cache|kinds
# cache: what the response cache is worth, by kind of model, rows a request and
# share of rows that are known, against none and against a Redis on this
# machine. kinds: models that are no trees against scikit-learn's own predict.
# Both on one processor; Redis has another.
# Trains the models on DATA=housing.csv first, once (.cache/bench-cache, 200 MB).
# Needs Go, Python, for cache redis-server (Debian: redis-server).
set -euo pipefail
cd "$(dirname "$0")/../.."

what=${1:?usage: run.sh cache|kinds}
[[ -f ${DATA:-} ]] || { echo "usage: make bench-$what DATA=path/to/housing.csv" >&2; exit 2; }
[[ $what != cache ]] || command -v redis-server >/dev/null || { echo "bench-cache: redis-server is missing" >&2; exit 2; }
work=$(mktemp -d)
redis=
trap '[[ -z $redis ]] || kill "$redis"; rm -rf "$work"' EXIT

environment=$(scripts/venv.sh scripts/parity/requirements.txt) # it has scikit-learn, and is there anyway
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 GOMAXPROCS=1
models=.cache/bench-cache/$(cat scripts/bench-cache/train.py "$DATA" | sha256sum | cut -c1-16)
if [[ ! -f $models/complete ]]; then
  rm -rf "$models"
  mkdir -p "$models"
  "$environment/bin/python" scripts/bench-cache/train.py "$DATA" "$models"
  touch "$models/complete"
fi
(cd services/predict && go build -trimpath -o "$work/bench" ./internal/cache/_bench)

if [[ $what == kinds ]]; then
  "$environment/bin/python" scripts/bench-cache/kinds.py "$work/bench" "$models"
  exit
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --bind 127.0.0.1 --port "$port" --save "" --dir "$work" --maxmemory 64mb --maxmemory-policy allkeys-lru >"$work/redis.log" &
redis=$!
for _ in {1..50}; do grep -q "Ready to accept connections" "$work/redis.log" && break; sleep 0.1; done
"$work/bench" cache "$models" "127.0.0.1:$port"

#!/usr/bin/env bash
# Drives the real predict against an S3 server (moto) on this machine: listing,
# serving, pinned object versions, refusals, the cache, a store that goes away.
# The last line is "result object_store_checks <n>". Needs Go, Python 3.11 or
# 3.12, and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v curl >/dev/null || { echo "object-store: curl is missing" >&2; exit 2; }
moto=$(scripts/venv.sh scripts/object-store/requirements.txt)

work=$(mktemp -d)
server=
stop() {
  trap - EXIT
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

CGO_ENABLED=0 go build -trimpath -o "$work/predict" ./services/predict

# A port may be taken between being found free and being used: try another.
for attempt in 1 2 3; do
  port=$("$moto/bin/python" -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
  MOTO_PORT=$port "$moto/bin/moto_server" -H 127.0.0.1 -p "$port" >"$work/moto.log" 2>&1 &
  server=$!
  curl --silent --fail --output /dev/null --max-time 5 --retry 100 --retry-delay 0 --retry-max-time 30 --retry-all-errors \
    "http://127.0.0.1:$port/moto-api/data.json" && kill -0 "$server" 2>/dev/null && break
  kill "$server" 2>/dev/null || true
  ((attempt < 3)) || { echo "object-store: moto does not start" >&2; tail -n 20 "$work/moto.log" >&2; exit 1; }
done

"$moto/bin/python" scripts/object-store/prepare.py "http://127.0.0.1:$port" services/predict/README.md >"$work/env"
# shellcheck source=/dev/null
source "$work/env"
export OBJECT_STORE_PREDICT=$work/predict

status=0
go test -count=1 -timeout 180s -v -run '^TestObjectStore$' ./services/predict >"$work/out" 2>&1 || status=$?
if ((status != 0)); then
  cat "$work/out" >&2
  grep -v '^127.0.0.1 - - ' "$work/moto.log" | tail -n 20 >&2 || true
fi
# Each check is a subtest; where none ran, nothing was checked.
sed -nE 's/^ +--- PASS: TestObjectStore\/(.*) \(.*/ok \1/p' "$work/out"
checks=$(grep -cE '^ +--- PASS: TestObjectStore/' "$work/out" || true)
((checks > 0)) || status=1
echo "result object_store_checks $checks"
exit $status

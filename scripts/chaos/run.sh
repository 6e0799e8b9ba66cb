#!/usr/bin/env bash
# Breaks what the services stand on while they serve (e2e/chaos), in the short
# form, or with CHAOS=full at length, and then writes what callers saw to
# CHAOS_TABLE if that is set. CHAOS_RUN names the tests, as for go test. Needs
# root, bin/ (make build), Python 3.11 or 3.12 for the object store, redis-server
# and ip.
set -euo pipefail
cd "$(dirname "$0")/../.."

form=${CHAOS:-short}
[[ $form == short || $form == full ]] || { echo "chaos: CHAOS is $form; expected short or full" >&2; exit 2; }
((UID == 0)) || { echo "chaos: needs root, for namespaces, control groups and small file systems" >&2; exit 2; }
command -v ip >/dev/null || { echo "chaos: ip is missing (Debian: iproute2)" >&2; exit 2; }
command -v redis-server >/dev/null || { echo "chaos: redis-server is missing (Debian: redis-server)" >&2; exit 2; }
limit=10m
[[ $form == short ]] || limit=60m
moto=$(scripts/venv.sh scripts/object-store/requirements.txt)
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
cp bin/gateway bin/predict "$bin/"
(cd e2e && CGO_ENABLED=0 go build -trimpath -o "$bin/load" ./load && go test -tags chaos -c -o "$bin/chaos.test" ./chaos)
[[ $form == short ]] || scripts/chaos/jump.sh "$bin/jump"

cd e2e/chaos
status=0
CHAOS=$form CHAOS_BIN=$bin CHAOS_MOTO=$moto/bin/moto_server "$bin/chaos.test" -test.v -test.timeout "$limit" -test.parallel "${CHAOS_PARALLEL:-4}" -test.run "${CHAOS_RUN:-.}" >"$bin/out" 2>&1 || status=$?
if ((status != 0)); then
  grep -vE '^=== ' "$bin/out" >&2
else
  sed -nE 's/^ +--- PASS: (.*) \(.*/ok \1/p' "$bin/out"
  sed -nE '/^\| fault/,$p' "$bin/out"
fi
exit $status

#!/usr/bin/env bash
# Runs both services until Ctrl-C, which stops the gateway first and then
# predict. If one of them ends by itself, the other is stopped too.
set -uo pipefail
cd "$(dirname "$0")/.."

# Without job control, a background process would ignore the terminal's
# interrupt; with it, each service gets only the signal that stop sends.
set -m
gateway='' predict=''
stop() {
  trap '' INT TERM
  local pid status=0
  for pid in $gateway $predict; do
    kill -TERM "$pid" 2>/dev/null
    wait "$pid" || { echo "run: a service ended with status $?" >&2; status=1; }
  done
  return "$status"
}
trap 'stop; exit' INT TERM

# On this machine everybody may do everything; whatever faces others is told who may.
bin/predict serve --auth=off --log-format=text &
predict=$!
bin/gateway --auth=off --log-format=text &
gateway=$!

wait -n "$predict" "$gateway"
echo "run: a service ended by itself with status $?" >&2
stop
exit 1

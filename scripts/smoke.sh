#!/usr/bin/env bash
# Does what a newcomer does: `make run`, the README's first curl line, Ctrl-C.
# The answer must hold a price, the model and its version, and both services
# must have ended well within ten seconds of the interrupt.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
# With job control the command gets a process group, to which a terminal would
# send the interrupt, and does not ignore it.
set -m
make run >"$log" 2>&1 &
group=$!
trap 'kill -TERM -- -"$group" 2>/dev/null || true; rm -f "$log"' EXIT

fail() { echo "smoke: $*" >&2; cat "$log" >&2; exit 1; }

for ((i = 0; i < 1200; i++)); do
  curl -fsS -o /dev/null http://localhost:8080/health 2>/dev/null && break
  kill -0 "$group" 2>/dev/null || fail "make run ended early"
  sleep 0.25
done

command=$(awk '/^curl .*\/predict/ {on = 1} on && /^```/ {exit} on {print}' README.md)
[[ -n $command ]] || fail "the README has no curl line for /predict"
answer=$(bash -c "$command --silent --show-error --fail --retry 20 --retry-delay 1 --retry-all-errors") || fail "the README's curl failed: $command"
echo "$answer"
ANSWER=$answer python3 - <<'PYTHON' || fail "the answer does not hold a price, the model and its version: $answer"
import json, os
answer = json.loads(os.environ["ANSWER"])
assert 14999 <= answer["prediction"] <= 500001, answer
assert answer["model"] == "housing" and answer["version"], answer
PYTHON

kill -INT -- -"$group"
for ((i = 0; i < 40; i++)); do
  kill -0 -- -"$group" 2>/dev/null || break
  sleep 0.25
done
kill -0 -- -"$group" 2>/dev/null && fail "make run still runs after Ctrl-C"
for port in 8080 9000 9090 9091; do
  (exec 3<>"/dev/tcp/localhost/$port") 2>/dev/null && fail "port $port is still open after Ctrl-C"
done
grep -q '^run: ' "$log" && fail "a service did not stop cleanly"
echo "smoke: ok"

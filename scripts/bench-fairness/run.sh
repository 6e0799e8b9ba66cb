#!/usr/bin/env bash
# usage: run.sh [CASE]: equal, large, small, gateway_equal, gateway_large or gateway_small
# Measures how much one caller's flood slows another (BenchmarkFairness of
# services/predict/app), straight at predict and through the gateway: in all of its
# cases, or in one. A case that does not exist is an error.
# Clients elsewhere would not compete with the servers for their processors; here
# the scheduler has to see to that: the other's client comes before the servers,
# and these before the flood's. Needs root, or the right to do so.
set -euo pipefail
cd "$(dirname "$0")/../.."

[[ $# -le 1 && ${1:-all} =~ ^[a-z_]+$ ]] || { echo "bench-fairness: got \"$*\"; expected the name of one case, or nothing for all" >&2; exit 2; }
chrt -f 50 true 2>/dev/null || { echo "bench-fairness: needs root (or CAP_SYS_NICE), for the order of client, servers and flood" >&2; exit 2; }
work=$(mktemp -d)
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
go build -o "$work/" ./services/predict ./services/gateway
go test -c -o "$work/app.test" ./services/predict/app

for caller in other flood; do
  "$work/predict" key new --principal="$caller" >"$work/key"
  export "TREEHOUSE_FAIRNESS_$caller=$(grep '^th_' "$work/key")"
  grep '^- ' "$work/key" >>"$work/keys.yaml"
done
printf 'rules:\n  - {principals: ["key:*"], models: ["*"], actions: [predict]}\n' >"$work/policy.yaml"

# An address of its own on the loopback, and ports that no client is given: nobody
# else has them.
host=127.$((1 + RANDOM % 250)).$((1 + RANDOM % 250)).$((1 + RANDOM % 250))
access=(--auth-keys="$work/keys.yaml" --auth-policy="$work/policy.yaml" --log-level=error)
chrt -f 40 "$work/predict" serve --repository=services/predict/models --grpc-address=$host:20001 --admin-address=$host:20002 "${access[@]}" 2>"$work/predict.log" &
pids+=($!)
chrt -f 40 "$work/gateway" --http-address=$host:20003 --admin-address=$host:20004 --predict=$host:20001 "${access[@]}" 2>"$work/gateway.log" &
pids+=($!)
export TREEHOUSE_FAIRNESS_PREDICT=$host:20001 TREEHOUSE_FAIRNESS_GATEWAY=http://$host:20003 TREEHOUSE_FAIRNESS_NICE="chrt -o 0 nice -n 10"

status=0
chrt -f 50 "$work/app.test" -test.run '^$' -test.bench "^BenchmarkFairness$/^${1:-.*}$" -test.benchtime 1x >"$work/out" 2>&1 || status=$?
if ((status != 0)) || ! grep -q '^result ' "$work/out"; then
  cat "$work/out" "$work"/*.log >&2
  exit 1
fi
sed -nE 's/^ +fairness_test.go:[0-9]+: //p' "$work/out"
grep '^result ' "$work/out"

#!/usr/bin/env bash
# Has schemathesis make requests from the gateway's own OpenAPI document, right
# and wrong ones, and send them to the real pair: no answer of 500 and more, no
# status, header or body that the document does not tell of, nothing about the
# inside. The same requests each time: API_FUZZ_SEED=0 takes other ones,
# API_FUZZ_SECONDS how many. The last line is "result api_fuzz_requests <n>".
# Needs bin/ (make build), Python 3.11 or 3.12, and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

seed=${API_FUZZ_SEED:-7} seconds=${API_FUZZ_SECONDS:-15}
((seed)) || seed=$((RANDOM + 1))
for binary in bin/gateway bin/predict; do
  [[ -x $binary ]] || { echo "api-fuzz: $binary is missing: run make build" >&2; exit 2; }
done
command -v curl >/dev/null || { echo "api-fuzz: curl is missing" >&2; exit 2; }
venv=$(scripts/venv.sh scripts/api-fuzz/requirements.txt)

work=$(mktemp -d)
pids=()
end() { # of the pair
  ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null || true
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$work/models/classifier"
cp -r services/predict/models/housing "$work/models/"
cp -r services/scoring/testdata/scikit-learn-1.9.1/forest-classifier-three-string "$work/models/classifier/1"

begin() { # flags of predict, after those of both in $access…
  read -r http grpc http_admin grpc_admin < <("$venv/bin/python" -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(s.getsockname()[1] for s in held))')
  bin/predict serve "${access[@]}" --repository="$work/models" --default-model=housing --grpc-address=127.0.0.1:"$grpc" \
    --admin-address=127.0.0.1:"$grpc_admin" "$@" >>"$work/predict.log" 2>&1 &
  pids+=($!)
  bin/gateway "${access[@]}" --http-address=127.0.0.1:"$http" --admin-address=127.0.0.1:"$http_admin" --predict=127.0.0.1:"$grpc" >>"$work/gateway.log" 2>&1 &
  pids+=($!)
  curl --silent --fail --output /dev/null --max-time 20 --retry 100 --retry-delay 0 --retry-max-time 20 --retry-all-errors \
    "http://127.0.0.1:$http/v2/health/ready" || { tail -n 20 "$work"/*.log >&2; exit 1; }
}

status=0 requests=0 key=none
# What is left out: the document describes the requests of every model, and
# cannot say what one model takes (positive_data_acceptance); a body that no
# handler needs and unknown query parameters are ignored (negative_data_rejection).
fuzz() { # seconds arguments…
  local budget=$1
  shift
  echo "== schemathesis, seed $seed, $budget s: ${access[0]%%=*} ${*//$key/KEY}"
  (cd "$work" && SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$OLDPWD/scripts/api-fuzz PYTHONDONTWRITEBYTECODE=1 timeout --kill-after=10 $((budget + 60)) \
    "$venv/bin/schemathesis" run "http://127.0.0.1:$http/openapi.json" --seed "$seed" --max-time "$budget" --no-color --generation-database none \
    --phases examples,coverage,fuzzing --checks all --request-timeout 15 --exclude-checks \
    "positive_data_acceptance,negative_data_rejection$exclude" "$@") >"$work/out" 2>&1 || status=1
  local made
  made=$(sed -nE 's/^ +([0-9]+) generated.*/\1/p' "$work/out")
  ((status == 0)) && ((${made:-0} > 0)) || { status=1; cat "$work/out" >&2; }
  echo "ok ${made:-0} requests"
  requests=$((requests + ${made:-0}))
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { echo "api-fuzz: a service ended" >&2; status=1; }
  done
}

# Explaining is documented as not offered (501), which is a server error to schemathesis.
exclude=
access=(--auth=off)
begin
fuzz "$seconds" --exclude-path-regex ':explain$'
end

# Of callers who have to say who they are: with a key that may do all, with none.
bin/predict key new --principal=fuzz >"$work/key"
key=$(grep '^th_' "$work/key")
grep '^- ' "$work/key" >"$work/keys.yaml"
printf 'rules:\n  - {principals: ["key:fuzz"], models: ["*"], actions: [predict, metadata, logs, load, admin]}\n' >"$work/policy.yaml"
access=(--auth-keys="$work/keys.yaml" --auth-policy="$work/policy.yaml")
begin
fuzz 6 --exclude-path-regex ':explain$' --header "Authorization: Bearer $key"
fuzz 4
end

# With models loaded and unloaded by request, 503 is an answer, too.
exclude=,not_a_server_error
access=(--auth=off)
begin --model-control=explicit
fuzz 4 --include-path-regex '(:explain|load|ready|/predict)$'
end

if grep -h '"msg":"panic' "$work"/*.log >&2; then
  echo "api-fuzz: a handler panicked" >&2
  status=1
fi
((status == 0)) || tail -n 20 "$work"/*.log >&2
echo "result api_fuzz_requests $requests"
exit $status

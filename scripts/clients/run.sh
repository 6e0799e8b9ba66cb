#!/usr/bin/env bash
# Drives bin/gateway and bin/predict, and then bin/treehouse, which is both in
# one process, with the real, unmodified clients. They serve a copy of the
# housing models and a small classifier on free ports. Each check prints
# "ok <name>"; the last line is "result clients_checks <n>". Arguments name the
# servers, if not both: services standalone.
# Needs bin/ (make build), Python 3.11 or 3.12, and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

servers=("$@")
((${#servers[@]})) || servers=(services standalone)
for server in "${servers[@]}"; do
  [[ $server =~ ^(services|standalone)$ ]] || { echo "clients: $server is no server; expected services or standalone" >&2; exit 2; }
done

for binary in bin/gateway bin/predict bin/treehouse; do
  [[ -x $binary ]] || { echo "clients: $binary is missing: run make build" >&2; exit 2; }
done
command -v curl >/dev/null || { echo "clients: curl is missing" >&2; exit 2; }
triton=$(scripts/venv.sh scripts/clients/requirements-triton.txt)
kserve=$(scripts/venv.sh scripts/clients/requirements-kserve.txt)
grpc=$(scripts/venv.sh scripts/clients/requirements-grpc.txt)

work=$(mktemp -d)
pids=()
end() { # of the servers
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  pids=()
}
stop() {
  trap - EXIT
  end
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Starts the servers on ports that are free, over a repository of their own.
begin() { # services or standalone
  repository=$work/$1/models
  mkdir -p "$repository/classifier"
  cp -r services/predict/models/housing "$repository/"
  cp -r services/scoring/testdata/scikit-learn-1.9.1/forest-classifier-three-string "$repository/classifier/1"

  # Four ports, all held until the last is known.
  read -r http grpc_port http_admin grpc_admin < <("$grpc/bin/python" -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(s.getsockname()[1] for s in held))')

  local admins=("$http_admin")
  if [[ $1 == standalone ]]; then
    bin/treehouse serve "$repository" --auth=off --host=127.0.0.1 --http-port="$http" --grpc-port="$grpc_port" --admin-port="$http_admin" \
      --model-name=housing --model-control=explicit >"$work/treehouse.log" 2>&1 &
    pids+=($!)
  else
    admins+=("$grpc_admin")
    bin/predict serve --auth=off --repository="$repository" --grpc-address=127.0.0.1:"$grpc_port" --admin-address=127.0.0.1:"$grpc_admin" \
      --default-model=housing --model-control=explicit >"$work/predict.log" 2>&1 &
    pids+=($!)
    bin/gateway --auth=off --http-address=127.0.0.1:"$http" --admin-address=127.0.0.1:"$http_admin" --predict=127.0.0.1:"$grpc_port" \
      >"$work/gateway.log" 2>&1 &
    pids+=($!)
  fi

  local url
  for url in "${admins[@]/%//readyz}" "$http/v2/health/ready"; do
    curl --silent --fail --output /dev/null --max-time 20 \
      --retry 100 --retry-delay 0 --retry-max-time 20 --retry-all-errors "127.0.0.1:$url" || {
      echo "clients: port $url is not ready" >&2
      tail -n 20 "$work"/*.log >&2
      exit 1
    }
  done
  export CLIENTS_HTTP=127.0.0.1:$http CLIENTS_GRPC=127.0.0.1:$grpc_port CLIENTS_REPOSITORY=$repository
}

export PYTHONDONTWRITEBYTECODE=1
status=0
suite() { # environment script
  echo "== $2: $server"
  timeout --kill-after=10 180 "$1/bin/python" "scripts/clients/$2" 2>"$work/$2.err" | tee -a "$work/out" || {
    status=1
    tail -n 20 "$work/$2.err" >&2
  }
}
server=manifests
suite "$kserve" kserve_manifests.py
for server in "${servers[@]}"; do
  begin "$server"
  suite "$triton" triton_http.py
  suite "$triton" triton_grpc.py
  suite "$kserve" kserve_rest.py
  suite "$kserve" kserve_grpc.py
  suite "$grpc" grpc_stubs.py
  suite "$grpc" curl_readme.py
  end
done

if ((status != 0)); then
  tail -n 20 "$work"/*.log >&2
fi
echo "result clients_checks $(grep -c '^ok ' "$work/out" || true)"
exit $status

#!/usr/bin/env bash
# usage: fuzz.sh TIME [FOLDER]
# Runs every fuzz target below a folder of services (all without one) for TIME,
# such as 30s: two at a time, on one processor each. What one finds is written
# below its package's testdata/fuzz, and fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:?usage: fuzz.sh TIME [FOLDER]}
folder=${2:-services}

run() { # TIME FILE TARGET
  local directory output
  directory=./$(dirname "$2")
  if output=$(GOMAXPROCS=1 go test -run '^$' -fuzz "^$3\$" -fuzztime "$1" -fuzzminimizetime 10x -parallel 1 "$directory" 2>&1); then
    echo "$directory $3: $(grep -oE 'execs: [0-9]+' <<<"$output" | tail -1 || true)"
  else
    printf '%s %s FAILED\n%s\n' "$directory" "$3" "$output"
    return 1
  fi
}
export -f run

targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' "$folder" | sed -E 's/^([^:]*):[0-9]+:func /\1 /' | sort)
[[ -n $targets ]] || { echo "fuzz: no targets below $folder" >&2; exit 2; }
xargs -P 2 -L 1 bash -c 'run "$@"' fuzz "$time" <<<"$targets"
echo "$(wc -l <<<"$targets") targets, $time each"

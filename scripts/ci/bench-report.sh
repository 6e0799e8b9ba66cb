#!/usr/bin/env bash
# Runs the Go benchmarks and compares them with those of the last time, in
# .cache/bench: report.txt is benchstat's table. Fails where one takes more than
# BENCH_LIMIT percent longer (10), by a difference that benchstat finds
# significant. BENCH_PACKAGES and BENCH_COUNT say which, and how often.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=.cache/bench limit=${BENCH_LIMIT:-10}
mkdir -p "$folder"
read -ra packages <<<"${BENCH_PACKAGES:-./services/scoring/... ./services/gateway/... ./services/predict/...}"
go test -run '^$' -bench "${BENCH:-.}" -benchmem -count "${BENCH_COUNT:-6}" -benchtime "${BENCH_TIME:-0.3s}" "${packages[@]}" | tee "$folder/new.txt"
if [[ ! -s $folder/old.txt ]]; then
  mv "$folder/new.txt" "$folder/old.txt"
  echo "bench-report: nothing to compare with yet; kept for the next time" | tee "$folder/report.txt"
  exit
fi
benchstat "$folder/old.txt" "$folder/new.txt" | tee "$folder/report.txt"
# Lines as:  name  1.234µ ± 1%  2.345µ ± 2%  +90.03% (p=0.002 n=6), in the section of sec/op
slower=$(awk -v limit="$limit" '
  /sec\/op/ { timed = 1 } /B\/op|allocs\/op|B\/s/ { timed = 0 }
  timed && match($0, /\+[0-9.]+% \(p=/) { percent = substr($0, RSTART + 1, RLENGTH - 6); if (percent + 0 > limit) print }' "$folder/report.txt" | grep -v '^geomean' || true)
if [[ $slower ]]; then # what was measured before stays what is compared with
  printf 'bench-report: more than %s %% slower:\n%s\n' "$limit" "$slower"
  exit 1
fi
mv "$folder/new.txt" "$folder/old.txt"

#!/usr/bin/env bash
# usage: jump.sh DIRECTORY
# Builds gateway and predict with a wall clock that jumps: CHAOS_CLOCK=4s,-24h
# sets it back by a day when the process is 4 s old. Only Go's own time.Now is
# another, by an overlay; the services are as they are.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=${1:?usage: jump.sh DIRECTORY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$(go env GOROOT)/src/time/time.go
awk '{print} /sec, nsec, mono := runtimeNow\(\)/ && !done {print "\tif jumpAfter != 0 && mono-startNano > jumpAfter {\n\t\tsec += jumpBy\n\t}"; done = 1}' "$source" >"$work/time.go"
cmp -s "$source" "$work/time.go" && { echo "jump.sh: $source has another Now" >&2; exit 1; }
cat >"$work/jump.go" <<'GO'
package time

import "syscall"

var jumpAfter, jumpBy int64 // nanoseconds, seconds

func init() {
	value, _ := syscall.Getenv("CHAOS_CLOCK")
	for i := range len(value) {
		if value[i] == ',' {
			after, _ := ParseDuration(value[:i])
			by, _ := ParseDuration(value[i+1:])
			jumpAfter, jumpBy = int64(after), int64(by/Second)
		}
	}
}
GO
printf '{"Replace": {"%s": "%s", "%s": "%s"}}' "$source" "$work/time.go" "$(dirname "$source")/jump.go" "$work/jump.go" >"$work/overlay.json"
mkdir -p "$out"
CGO_ENABLED=0 go build -trimpath -overlay "$work/overlay.json" -o "$out/" ./services/gateway ./services/predict

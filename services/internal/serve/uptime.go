package serve

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// initialized is when the program's own code began to run.
var initialized = time.Now()

// ticks are the units of /proc/<pid>/stat, a hundredth of a second wherever Go
// runs on Linux.
const ticks = 100

// Uptime is how long this process has run, as Linux knows it (to 10 ms): since
// it was created, so that what happens before the program's own code counts.
// Elsewhere it is the time since that code began.
func Uptime() time.Duration {
	since := time.Since(initialized)
	stat, statErr := os.ReadFile("/proc/self/stat")
	system, systemErr := os.ReadFile("/proc/uptime")
	if statErr != nil || systemErr != nil {
		return since
	}
	return max(since, uptime(stat, system))
}

// uptime is 0 if it cannot read what the kernel says.
func uptime(stat, system []byte) time.Duration {
	// The second field is a name in parentheses, which may hold anything; the
	// start is the 22nd, in ticks since the system's own.
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	now, _, ok := bytes.Cut(system, []byte(" "))
	if end < 0 || len(fields) < 20 || !ok {
		return 0
	}
	started, err := strconv.ParseInt(string(fields[19]), 10, 64)
	seconds, nowErr := strconv.ParseFloat(string(now), 64)
	if err != nil || nowErr != nil {
		return 0
	}
	return time.Duration(seconds*float64(time.Second)) - time.Duration(started)*(time.Second/ticks)
}

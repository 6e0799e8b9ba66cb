//go:build unix

package scoring

import (
	"syscall"
	"time"
)

// ProcessorTime is what this process has had of processors. A test that bounds
// it bounds the work: on a busy machine that takes any time.
func ProcessorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

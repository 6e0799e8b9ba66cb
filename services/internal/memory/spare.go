package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// spare is what garbage may take where little is alive.
const spare = 32 << 20

// Spare lets garbage come to as much as what is alive before it is collected,
// as Go does, but to no less than 32 MB. A service whose models are small would
// collect it dozens of times a second otherwise, and each time look through all
// that is alive: a tenth of its time. The environment variable GOGC wins.
// The memory limit holds all the same.
func Spare() {
	if os.Getenv("GOGC") != "" {
		return
	}
	collected(&collection{})
}

// A collection is an object that is garbage at once: its finalizer runs after
// each collection. The pointer keeps it out of the blocks where Go puts several
// small objects together, whose finalizers wait for the longest lived of them.
type collection struct {
	percent int
	_       *byte
}

// collected sets how much garbage there may be until the next collection.
func collected(c *collection) {
	percent := percentOf(alive())
	if percent != c.percent { // to set it stops the world for a moment
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(&collection{percent: percent}, collected)
}

// percentOf is what garbage may come to, in percent of what is alive: in steps
// of doubles, so that it seldom changes.
func percentOf(alive uint64) int {
	percent := 100
	for percent < 1600 && uint64(percent)*alive < 100*spare { //nolint:gosec // small
		percent *= 2
	}
	return percent
}

// alive is the bytes that the last collection found in use.
func alive() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

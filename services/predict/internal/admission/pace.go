package admission

import (
	"math"
	"time"
)

// memory is over how long a pace is measured. It spans several of the periods
// (100 ms) in which a container's limit on the processors stops and starts it.
const memory = 500 * time.Millisecond

// A pace is how fast work comes to its end while more is waiting: an average
// over the last half second or so, in which old work counts ever less.
type pace struct {
	last    time.Time
	elapsed float64 // seconds
	works   float64
}

// start begins to measure. What is expected of each work counts like what was
// seen over half a second.
func (p *pace) start(now time.Time, each time.Duration) {
	p.last, p.elapsed, p.works = now, 0, 0
	if each > 0 {
		p.elapsed, p.works = memory.Seconds(), float64(memory)/float64(each)
	}
}

// done notes that a work has ended.
func (p *pace) done(now time.Time) {
	took := now.Sub(p.last).Seconds()
	p.last = now
	fade := math.Exp(-took / memory.Seconds())
	p.elapsed, p.works = p.elapsed*fade+took, p.works*fade+1
}

// each is the time from the end of one work to that of the next.
func (p *pace) each() time.Duration {
	if p.works == 0 {
		return 0
	}
	return time.Duration(p.elapsed / p.works * float64(time.Second))
}

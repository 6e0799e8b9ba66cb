package server

import (
	"context"
	"sync/atomic"
	"time"
)

// quantum is for how long a work goes on, at least, before it is asked to make
// way: the blocks of some models are short.
const quantum = 100 * time.Microsecond

// turns are how a work that has room shares it with others between the blocks of
// its batch.
type turns struct {
	gate    Gate
	place   int
	began   time.Time     // less what it has waited since
	charged time.Duration // of the time since then, what the gate knows of
	waited  time.Duration

	away   atomic.Bool  // it is asked to make way, and nobody may help it
	helped atomic.Int64 // nanoseconds of helpers that the gate does not know of
}

// start begins to count the time of a work that was let in.
func (t *turns) start(gate Gate, place int, began time.Time) {
	*t = turns{gate: gate, place: place, began: began}
}

// Next makes way if it should.
func (t *turns) Next(ctx context.Context) {
	now := time.Now()
	took := now.Sub(t.began)
	if took-t.charged < quantum {
		return
	}
	t.away.Store(true)
	t.gate.Yield(ctx, t.place, took-t.charged+time.Duration(t.helped.Swap(0)))
	t.away.Store(false)
	waited := time.Since(now)
	t.began, t.charged, t.waited = t.began.Add(waited), took, t.waited+waited
}

// Helpers is how many other processors may help now.
func (t *turns) Helpers() int {
	if t.away.Load() {
		return 0
	}
	return t.gate.Helpers(t.place)
}

// Helped has the caller charged for another processor's time.
func (t *turns) Helped(took time.Duration) { t.helped.Add(int64(took)) }

// end gives the room back.
func (t *turns) end() {
	t.gate.Release(t.place, t.began, t.charged-time.Duration(t.helped.Load()))
}

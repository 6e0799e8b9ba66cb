package server

import (
	"context"
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
}

// Next makes way if it should.
func (t *turns) Next(ctx context.Context) {
	now := time.Now()
	took := now.Sub(t.began)
	if took-t.charged < quantum {
		return
	}
	t.gate.Yield(ctx, t.place, took-t.charged)
	waited := time.Since(now)
	t.began, t.charged, t.waited = t.began.Add(waited), took, t.waited+waited
}

// Helpers is how many other processors may help now.
func (t *turns) Helpers() int { return t.gate.Helpers(t.place) }

// end gives the room back.
func (t *turns) end() { t.gate.Release(t.place, t.began, t.charged) }

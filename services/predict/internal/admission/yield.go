package admission

import (
	"context"
	"time"
)

// Yield is called between two parts of a long work, with the time that the last
// took, of all processors that had a part in it. It returns when the next may
// begin: at once, unless another line, served less than this one, waits for room.
// That line gets it, and the work goes on before anything else of its own line.
// Until then it is one of those who wait, whom Options.Queue bounds; they do not
// become more, as another is let in for it.
//
// It returns with the context, too: then the work should end, and what it still
// has to do for that needs no room. Release must follow in any case.
func (g *Gate) Yield(ctx context.Context, place int, took time.Duration) {
	g.mu.Lock()
	g.lines.charge(place, took)
	look := g.again(place)
	g.mu.Unlock()
	if look { // who has come is heard before it is decided who goes on
		g.network.wait(ctx)
	}
	g.mu.Lock()
	if ctx.Err() != nil || !g.should(place) {
		g.mu.Unlock()
		return
	}
	w := &waiter{decided: make(chan struct{}), begun: true}
	g.lines.add(place, w)
	g.leaves(place)
	g.mu.Unlock()

	g.metrics.inFlight.Dec()
	g.metrics.queued.Inc()
	defer g.metrics.inFlight.Inc()
	defer g.metrics.queued.Dec()
	select {
	case <-w.decided:
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.lines.remove(place, w) {
			g.hold(place) // beyond the limit, for the moment
		}
	}
}

// should reports whether a work of a line should make way: another's turn it is,
// and he would get the room.
func (g *Gate) should(place int) bool {
	next, least := g.lines.least()
	return next != nobody && least < g.lines.all[place].service && g.inFlight <= g.limit
}

// Helpers is how many other processors may help a work of a line at this moment.
func (g *Gate) Helpers(place int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lines.helpers(place)
}

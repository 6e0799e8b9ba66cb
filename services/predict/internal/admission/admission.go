// Package admission bounds the work that a server does at once. What exceeds
// the bound waits; what would wait too long, or beyond its deadline, or finds
// no room to wait, is refused at once, while refusing is still cheap.
//
// Room is shared fairly among callers, however many requests each sends: one
// line for each, and the next to be let in is the first in the line of whoever
// was served the least. See [lines].
package admission

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Options bound a gate.
type Options struct {
	InFlight int // at work at once; 0 means twice GOMAXPROCS
	Queue    int // waiting, to begin or to go on; 0 means 1024, negative none
	// Wait is how long a request may be expected to wait; 0 does not bound it.
	// Overload then costs a caller this much at most, however long the queue:
	// a long one only makes everybody wait, and many in vain.
	Wait time.Duration
	// Network, if not nil, is looked at between the works of one caller, so that
	// another's are not overlooked.
	Network *Network
}

// A Gate lets work in. It is safe for concurrent use.
type Gate struct {
	limit, depth int
	most         time.Duration // of an expected wait
	network      *Network      // may be nil
	metrics      metrics

	mu       sync.Mutex
	inFlight int
	lines    lines
	// service is a moving average of how long the work takes, by which the
	// wait is estimated while nothing waits. While something does, pace knows
	// better: it sees all that the processors are also busy with.
	service time.Duration
	pace    pace
}

// A waiter is in its line until it is let in or turned away (the channel is
// closed) or gives up.
type waiter struct {
	decided chan struct{}
	refused *FullError // why it was turned away; set before decided is closed
	look    bool       // let in, but it waits for a look at the network; set as well
	begun   bool       // it made way between two parts of its work
}

type metrics struct {
	inFlight, queued prometheus.Gauge
	waited           prometheus.Histogram
	rejected         *prometheus.CounterVec
}

// New returns a gate whose metrics are in reg.
func New(o Options, reg prometheus.Registerer) *Gate {
	if o.InFlight <= 0 {
		o.InFlight = 2 * runtime.GOMAXPROCS(0)
	}
	if o.Queue == 0 {
		o.Queue = 1024
	}
	atOnce := min(runtime.GOMAXPROCS(0), o.InFlight) - 1 // a processor is left
	factory := promauto.With(reg)
	return &Gate{
		limit:   o.InFlight,
		depth:   max(o.Queue, 0),
		most:    o.Wait,
		network: o.Network,
		lines:   newLines(max(1, atOnce)),
		metrics: metrics{
			inFlight: factory.NewGauge(prometheus.GaugeOpts{
				Name: "treehouse_admission_in_flight", Help: "Requests that are being computed."}),
			queued: factory.NewGauge(prometheus.GaugeOpts{
				Name: "treehouse_admission_queued", Help: "Requests that wait to be computed, or to go on."}),
			waited: factory.NewHistogram(prometheus.HistogramOpts{
				Name:    "treehouse_admission_wait_seconds",
				Help:    "How long requests waited that had to wait and were let in.",
				Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5},
			}),
			rejected: factory.NewCounterVec(prometheus.CounterOpts{
				Name: "treehouse_admission_rejected_total",
				Help: "Requests that were refused: the queue was full, the wait too long, or the deadline too near (at once or while waiting).",
			}, []string{"reason"}),
		},
	}
}

// A FullError refuses work for lack of room.
type FullError struct {
	Reason string        // queue_full, wait or deadline
	Retry  time.Duration // an estimate of when there will be room
}

func (e *FullError) Error() string {
	switch e.Reason {
	case "deadline":
		return fmt.Sprintf("the server is busy and would not begin before the deadline; retry in %v", e.Retry)
	case "wait":
		return fmt.Sprintf("the server is busy and would begin too late; retry in %v", e.Retry)
	}
	return fmt.Sprintf("the server is busy and its queue is full; retry in %v", e.Retry)
}

// RetryAfter is when there will probably be room.
func (e *FullError) RetryAfter() time.Duration { return e.Retry }

// Acquire waits for room for a caller. On success, Release must follow, with
// the place that is returned and the time at which the work began. The error is
// a [*FullError], or that of a context that was cancelled.
func (g *Gate) Acquire(ctx context.Context, caller string) (place int, err error) {
	place = g.lines.of(caller)
	g.mu.Lock()
	if g.inFlight < g.limit && g.lines.free(place) {
		look := g.enter(place)
		g.mu.Unlock()
		g.metrics.inFlight.Inc()
		if look {
			g.network.wait(ctx)
		}
		return place, nil
	}
	if err := g.refusal(ctx, place); err != nil {
		g.mu.Unlock()
		return 0, err
	}
	if g.lines.waiting >= g.depth {
		g.turnAway()
	}
	if g.lines.waiting == 0 {
		g.pace.start(time.Now(), g.service/time.Duration(g.limit))
	}
	w := &waiter{decided: make(chan struct{})}
	g.lines.add(place, w)
	g.mu.Unlock()
	return place, g.wait(ctx, place, w)
}

// enter gives room to the caller of a line, and tells whether it should be used
// only after the next look at the network.
func (g *Gate) enter(place int) bool {
	g.hold(place)
	return g.again(place)
}

func (g *Gate) hold(place int) {
	g.inFlight++
	g.lines.all[place].held++
}

// again notes that a line's caller comes, and tells whether he comes so soon
// again that others, if there are any, might be overlooked.
func (g *Gate) again(place int) bool {
	return g.network != nil && g.lines.shared && g.network.due(&g.lines.all[place].streak)
}

// Check returns the error with which Acquire would refuse the caller at this
// moment, or nil. It lets nothing in: it is for refusing before any work went
// into reading a request. A caller who is refused again and again waits for the
// next look at the network, which is soon; nobody else does.
//
// Before a credential was looked at, the caller is not known: then only what
// would be refused of everybody is, also of one who has asked for nothing yet.
func (g *Gate) Check(ctx context.Context, caller string, known bool) error {
	place := nobody
	if known {
		place = g.lines.of(caller)
	}
	g.mu.Lock()
	if g.inFlight < g.limit && (place == nobody || g.lines.free(place)) {
		g.mu.Unlock()
		return nil
	}
	err := g.refusal(ctx, place)
	look := err != nil && known && g.again(place)
	g.mu.Unlock()
	if look {
		g.network.wait(ctx)
	}
	return err
}

// refusal tells and counts why work should not queue in the caller's line. The
// lock is held.
func (g *Gate) refusal(ctx context.Context, place int) error {
	wait := g.estimate(place)
	deadline, bounded := ctx.Deadline()
	reason := ""
	switch {
	case g.lines.waiting >= g.depth && !g.lines.yields(place):
		reason = "queue_full"
	case bounded && time.Until(deadline) < wait:
		reason = "deadline"
	case g.most > 0 && wait > g.most:
		reason = "wait"
	default:
		return nil
	}
	g.metrics.rejected.WithLabelValues(reason).Inc()
	return &FullError{Reason: reason, Retry: max(wait, time.Millisecond)}
}

// estimate is how long the next in a line will wait.
func (g *Gate) estimate(place int) time.Duration {
	each := g.service / time.Duration(g.limit)
	if g.lines.waiting > 0 {
		each = g.pace.each()
	}
	return each * time.Duration(g.lines.ahead(place)+1)
}

// turnAway makes room for one who waits less than others: the last of the
// longest line goes.
func (g *Gate) turnAway() {
	place := g.lines.longest()
	wait := g.estimate(place)
	w := g.lines.removeLast(place)
	w.refused = &FullError{Reason: "queue_full", Retry: max(wait, time.Millisecond)}
	g.metrics.rejected.WithLabelValues("queue_full").Inc()
	close(w.decided)
}

func (g *Gate) wait(ctx context.Context, place int, w *waiter) error {
	start := time.Now()
	g.metrics.queued.Inc()
	defer g.metrics.queued.Dec()
	select {
	case <-w.decided:
		if w.refused != nil {
			return w.refused
		}
	case <-ctx.Done():
		if g.leave(place, w) {
			if ctx.Err() == context.DeadlineExceeded {
				g.metrics.rejected.WithLabelValues("deadline").Inc()
				return &FullError{Reason: "deadline", Retry: max(time.Since(start), time.Millisecond)}
			}
			return ctx.Err()
		}
		<-w.decided // at the same moment
		if w.refused != nil {
			return w.refused
		}
		// Let in: the work itself will see the context.
	}
	if w.look {
		g.network.wait(ctx)
	}
	g.metrics.inFlight.Inc()
	g.metrics.waited.Observe(time.Since(start).Seconds())
	return nil
}

// leave takes w out of its line; false if it was decided about already.
func (g *Gate) leave(place int, w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lines.remove(place, w)
}

// Release gives the room back. Of the time since the work began Yield was told
// the part that is charged; it is less than 0 where other processors took longer
// than that.
func (g *Gate) Release(place int, began time.Time, charged time.Duration) {
	now := time.Now()
	took := now.Sub(began)
	g.metrics.inFlight.Dec()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.service += (took - g.service) / 8
	g.lines.served(place, took-charged, now)
	if g.lines.waiting > 0 {
		g.pace.done(now)
	}
	g.leaves(place)
}

// leaves takes the room of a line's caller away: it goes straight to the next.
// The lock is held.
func (g *Gate) leaves(place int) {
	g.inFlight--
	g.lines.all[place].held--
	for g.inFlight < g.limit {
		next := g.lines.next()
		if next == nobody {
			return
		}
		w := g.lines.removeFirst(next)
		if w.begun {
			g.hold(next) // its turns are counted when they end
		} else {
			w.look = g.enter(next)
		}
		close(w.decided)
	}
}

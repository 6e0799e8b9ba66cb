// Package admission bounds the work that a server does at once. What exceeds
// the bound waits in a queue, first come, first served; what would wait too
// long, or beyond its deadline, or finds the queue full, is refused at once,
// while refusing is still cheap.
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
	Queue    int // waiting; 0 means 1024, negative none
	// Wait is how long a request may be expected to wait; 0 does not bound it.
	// Overload then costs a caller this much at most, however long the queue:
	// a long one only makes everybody wait, and many in vain.
	Wait time.Duration
}

// A Gate lets work in. It is safe for concurrent use.
type Gate struct {
	limit, depth int
	most         time.Duration // of an expected wait
	metrics      metrics

	mu       sync.Mutex
	inFlight int
	queue    []*waiter
	// service is a moving average of how long the work takes, by which the
	// wait is estimated while nothing waits. While something does, pace knows
	// better: it sees all that the processors are also busy with.
	service time.Duration
	pace    pace
}

// A waiter is in the queue until it is let in (the channel is closed) or gives
// up.
type waiter struct {
	admitted chan struct{}
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
	factory := promauto.With(reg)
	return &Gate{
		limit: o.InFlight,
		depth: max(o.Queue, 0),
		most:  o.Wait,
		metrics: metrics{
			inFlight: factory.NewGauge(prometheus.GaugeOpts{
				Name: "treehouse_admission_in_flight", Help: "Requests that are being computed."}),
			queued: factory.NewGauge(prometheus.GaugeOpts{
				Name: "treehouse_admission_queued", Help: "Requests that wait to be computed."}),
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

// Acquire waits for room. On success, Release must follow, with the time at
// which the work began. The error is a [*FullError], or that of a context that
// was cancelled.
func (g *Gate) Acquire(ctx context.Context) error {
	g.mu.Lock()
	if g.inFlight < g.limit && len(g.queue) == 0 {
		g.inFlight++
		g.mu.Unlock()
		g.metrics.inFlight.Inc()
		return nil
	}
	if err := g.refusal(ctx); err != nil {
		g.mu.Unlock()
		return err
	}
	if len(g.queue) == 0 {
		g.pace.start(time.Now(), g.service/time.Duration(g.limit))
	}
	w := &waiter{admitted: make(chan struct{})}
	g.queue = append(g.queue, w)
	g.mu.Unlock()
	return g.wait(ctx, w)
}

// Check returns the error with which Acquire would refuse at this moment, or
// nil. It lets nothing in: it is for refusing before any work went into
// reading a request. It does not block.
func (g *Gate) Check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight < g.limit && len(g.queue) == 0 {
		return nil
	}
	return g.refusal(ctx)
}

// refusal tells and counts why work should not queue. The lock is held.
func (g *Gate) refusal(ctx context.Context) error {
	wait := g.estimate(len(g.queue) + 1)
	deadline, bounded := ctx.Deadline()
	reason := ""
	switch {
	case len(g.queue) >= g.depth:
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

// estimate is how long the n-th of the queue will wait.
func (g *Gate) estimate(n int) time.Duration {
	each := g.service / time.Duration(g.limit)
	if len(g.queue) > 0 {
		each = g.pace.each()
	}
	return each * time.Duration(n)
}

func (g *Gate) wait(ctx context.Context, w *waiter) error {
	start := time.Now()
	g.metrics.queued.Inc()
	defer g.metrics.queued.Dec()
	select {
	case <-w.admitted:
	case <-ctx.Done():
		if g.leave(w) {
			if ctx.Err() == context.DeadlineExceeded {
				g.metrics.rejected.WithLabelValues("deadline").Inc()
				return &FullError{Reason: "deadline", Retry: max(time.Since(start), time.Millisecond)}
			}
			return ctx.Err()
		}
		// Let in at the same moment: the work itself will see the context.
	}
	g.metrics.inFlight.Inc()
	g.metrics.waited.Observe(time.Since(start).Seconds())
	return nil
}

// leave takes w out of the queue; false if it was let in already.
func (g *Gate) leave(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.queue {
		if other == w {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			return true
		}
	}
	return false
}

// Release gives the room back.
func (g *Gate) Release(began time.Time) {
	now := time.Now()
	g.metrics.inFlight.Dec()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.service += (now.Sub(began) - g.service) / 8
	if len(g.queue) == 0 {
		g.inFlight--
		return
	}
	g.pace.done(now)
	// The room goes straight to the first in the queue.
	w := g.queue[0]
	g.queue[0] = nil
	g.queue = g.queue[1:]
	close(w.admitted)
}

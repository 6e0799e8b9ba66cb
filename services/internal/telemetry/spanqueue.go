package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// maxPending is how many spans wait for the collector at most, besides as
	// many that are on their way: about 2 MB each.
	maxPending = 2048
	// maxBatch is how many spans are sent in one message.
	maxBatch = 512
)

// A queue keeps spans for up to a second and sends them together. The SDK's own
// processor wakes a goroutine for each span, which costs a request more than
// the span does, and does not tell what it drops.
type queue struct {
	exporter sdktrace.SpanExporter
	log      *slog.Logger
	sparse   Sparse

	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan

	full    chan struct{} // half of the room is taken
	stop    chan struct{}
	stopped chan struct{}

	exported, failed, dropped prometheus.Counter
}

// OnStart implements [sdktrace.SpanProcessor].
func (q *queue) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements [sdktrace.SpanProcessor]. It never waits: what has no room is
// dropped.
func (q *queue) OnEnd(s sdktrace.ReadOnlySpan) {
	q.mu.Lock()
	n := len(q.spans)
	if n < maxPending {
		q.spans = append(q.spans, s)
	}
	q.mu.Unlock()
	switch n {
	case maxPending:
		q.dropped.Inc()
	case maxPending / 2:
		select {
		case q.full <- struct{}{}:
		default:
		}
	}
}

func (q *queue) run(ctx context.Context) {
	defer close(q.stopped)
	often := time.NewTicker(time.Second)
	defer often.Stop()
	for {
		select {
		case <-often.C:
		case <-q.full:
		case <-q.stop:
			return
		}
		q.send(ctx) // the exporter has a timeout
	}
}

// send sends what waits.
func (q *queue) send(ctx context.Context) {
	q.mu.Lock()
	spans := q.spans
	q.spans = nil
	q.mu.Unlock()
	for len(spans) > 0 {
		batch := spans[:min(maxBatch, len(spans))]
		spans = spans[len(batch):]
		if err := q.exporter.ExportSpans(ctx, batch); err == nil {
			q.exported.Add(float64(len(batch)))
		} else {
			q.failed.Add(float64(len(batch)))
			if held, ok := q.sparse.Allow(time.Now()); ok {
				q.log.LogAttrs(ctx, slog.LevelWarn, "the collector did not take spans", slog.Int("spans", len(batch)), slog.String("error", err.Error()), held)
			}
		}
	}
}

// ForceFlush implements [sdktrace.SpanProcessor].
func (q *queue) ForceFlush(ctx context.Context) error {
	q.send(ctx)
	return ctx.Err()
}

// Shutdown implements [sdktrace.SpanProcessor]; it is called once.
func (q *queue) Shutdown(ctx context.Context) error {
	close(q.stop)
	select {
	case <-q.stopped:
	case <-ctx.Done(): // a collector that takes nothing has the goroutine wait, for 5 s at most
	}
	q.send(ctx)
	return q.exporter.Shutdown(ctx)
}

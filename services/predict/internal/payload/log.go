// Package payload logs what models were asked and what they answered, to
// Parquet files in a directory or a bucket, for the models whose operator wants
// it, and reads such logs.
//
// It never holds up a request. Observe copies what there is to log into memory
// of its own and goes on; one goroutine collects that into files, another
// writes them. What is in memory is bounded in bytes: beyond, predictions are
// not logged, and counted. While a file cannot be written, it is tried again,
// and what comes later is not logged once the memory is full.
package payload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Options are what a log works with.
type Options struct {
	Store  Store
	Models map[string]float64 // the share of their requests that is logged
	// BufferBytes is the most memory for what is not written yet, FileBytes how
	// much of it makes a file. What waits longer than Interval is written, too.
	BufferBytes int64
	FileBytes   int64
	Interval    time.Duration
	// Patience is how long one attempt to write a file may take.
	Patience time.Duration
	Instance string // names this process among those that write to the store
	// TraceID finds the id of a request's trace; nil or "" where there is none.
	TraceID func(context.Context) string

	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// A Store keeps files. Put makes one, as a whole or not at all, and the same
// one again when it is called again. It heeds its context if it can.
type Store interface {
	Put(ctx context.Context, name string, data []byte) error
}

// ParseModels reads "housing,churn=0.1": models, and the share of their
// requests that is logged, all by default.
func ParseModels(text string) (map[string]float64, error) {
	models := map[string]float64{}
	for entry := range strings.SplitSeq(text, ",") {
		name, share, sampled := strings.Cut(strings.TrimSpace(entry), "=")
		s := 1.0
		if sampled {
			var err error
			if s, err = strconv.ParseFloat(share, 64); err != nil || !(s > 0 && s <= 1) {
				return nil, fmt.Errorf("the share of %s is %q; expected a number above 0, at most 1", name, share)
			}
		}
		if name == "" {
			return nil, fmt.Errorf("%q has an entry without a name; expected MODEL or MODEL=SHARE, separated by commas", text)
		}
		if _, twice := models[name]; twice {
			return nil, fmt.Errorf("%s is listed twice", name)
		}
		models[name] = s
	}
	return models, nil
}

// A Log is a payload log. It observes predictions; it is safe for concurrent
// use.
type Log struct {
	o       Options
	metrics *metrics
	records sync.Pool // of *record
	// queue takes records from requests to the collector. It is bounded by
	// their number, buffered by their bytes.
	queue    chan *record
	buffered atomic.Int64
	stopping chan struct{} // closed by Close
	closing  atomic.Bool
	hurry    context.Context // ends when the stop's time is over
	giveUp   context.CancelFunc
	written  chan struct{} // closed when nothing more is written
}

// maxQueued is the most records between requests and the collector.
const maxQueued = 8192

// New starts a log. Close ends it.
func New(o Options) *Log {
	l := &Log{o: o, metrics: newMetrics(o.Registerer), queue: make(chan *record, maxQueued),
		stopping: make(chan struct{}), written: make(chan struct{}), records: sync.Pool{New: func() any { return new(record) }}}
	l.metrics.limit(o.BufferBytes, &l.buffered)
	l.hurry, l.giveUp = context.WithCancel(context.Background())
	files := make(chan *file)
	go l.collect(files)
	go l.write(files)
	return l
}

// Wants is everything that a logged model can predict, so that it can be
// evaluated.
func (l *Log) Wants(v *model.Version) scoring.Method {
	if l.o.Models[v.Name] == 0 {
		return 0
	}
	return scoring.Predict | scoring.PredictProba
}

// Observe logs a prediction, if its model's are, and there is room.
func (l *Log) Observe(ctx context.Context, p *model.Prediction) {
	share := l.o.Models[p.Version.Name]
	if share == 0 || share < 1 && rand.Float64() >= share { // #nosec G404 -- a sample
		return
	}
	if l.closing.Load() {
		l.drop(p, dropStop)
		return
	}
	size := sizeOf(p)
	if l.buffered.Add(size) > l.o.BufferBytes {
		l.buffered.Add(-size)
		l.drop(p, dropFull)
		return
	}
	r := l.records.Get().(*record)
	r.fill(p)
	r.size = r.footprint()
	l.buffered.Add(r.size - size)
	if r.time = time.Now(); l.o.TraceID != nil {
		r.traceID = l.o.TraceID(ctx)
	}
	select {
	case l.queue <- r:
	default:
		l.drop(p, dropFull)
		l.release(r)
	}
}

func (l *Log) drop(p *model.Prediction, reason string) {
	l.metrics.drop(p.Version.Name, p.Version.Number, rowsOf(p), reason)
}

// release gives a record's memory back.
func (l *Log) release(r *record) {
	l.buffered.Add(-r.size)
	if r.reset() {
		l.records.Put(r)
	}
}

// Close writes what was observed, each file once more, as long as ctx allows.
// What then is not written is counted, logged and lost: that is the error.
// Nothing may be observed any more by then; what is, is not logged.
func (l *Log) Close(ctx context.Context) error {
	if l.closing.Swap(true) {
		return nil
	}
	close(l.stopping)
	defer l.giveUp()
	select {
	case <-l.written:
	case <-ctx.Done():
		l.giveUp()
		select { // a store that heeds its context
		case <-l.written:
		case <-time.After(100 * time.Millisecond):
		}
	}
	if left := l.buffered.Load(); left > 0 {
		return fmt.Errorf("%d bytes of the payload log could not be written in time", left)
	}
	if l.metrics.lost.Load() > 0 {
		return errors.New("a part of the payload log could not be written at the stop")
	}
	return nil
}

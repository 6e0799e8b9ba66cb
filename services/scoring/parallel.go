package scoring

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// worthSharing is the work below which another goroutine costs more than it
// takes over.
const worthSharing = 100 * time.Microsecond

// helping counts the goroutines that help with large batches, of all models
// together. They are fewer than processors, so that a batch leaves one to
// requests of few rows, and a batch that finds no helper free works alone.
var helping atomic.Int32

func takeHelper() bool {
	if int(helping.Add(1)) < runtime.GOMAXPROCS(0) {
		return true
	}
	helping.Add(-1)
	return false
}

// A job is one batch, block after block. Rows are what is shared: a row's sum
// is never split, so that its terms are added in the library's order.
type job struct {
	*Model
	ctx   context.Context
	batch *Batch
	want  Method
	out   *Result
	terms []float64
	step  int
	spent spent

	next    atomic.Int64 // first row of the next block
	helpers sync.WaitGroup

	mu     sync.Mutex
	err    error
	failed int // first row of the block of err
}

// spent is the time that all the goroutines of a job spent, in nanoseconds.
type spent struct{ transforming, estimating atomic.Int64 }

// share is the part of it before the estimator. It resets.
func (s *spent) share() float64 {
	transforming, estimating := s.transforming.Swap(0), s.estimating.Swap(0)
	return float64(transforming) / float64(max(1, transforming+estimating))
}

var jobs = sync.Pool{New: func() any { return new(job) }}

// run computes all blocks, with helpers where that pays. Of several errors it
// returns that of the first block.
func (m *Model) run(ctx context.Context, b *Batch, want Method, out *Result, terms []float64) error {
	if b.Rows <= m.predictor.BlockRows() {
		return m.runAlone(ctx, b, want, out, terms)
	}
	j := jobs.Get().(*job)
	j.Model, j.ctx, j.batch, j.want, j.out, j.terms, j.step = m, ctx, b, want, out, terms, m.predictor.BlockRows()
	blocks := (b.Rows + j.step - 1) / j.step
	worth := int(m.predictor.Cost(b.Rows) / worthSharing)
	for n := range min(blocks-1, worth) {
		if !j.helped(n) || !takeHelper() {
			break
		}
		j.helpers.Add(1)
		go j.help(n)
	}
	j.work()
	j.helpers.Wait()
	err := j.err
	out.Transforming = j.spent.share()
	j.Model, j.ctx, j.batch, j.out, j.terms, j.err, j.failed = nil, nil, nil, nil, nil, nil, 0
	j.next.Store(0)
	jobs.Put(j)
	return err
}

// runAlone computes what is one block: there is nothing to share.
func (m *Model) runAlone(ctx context.Context, b *Batch, want Method, out *Result, terms []float64) error {
	if b.Rows == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var spent spent
	err := m.block(b, 0, b.Rows, want, out, terms, &spent)
	out.Transforming = spent.share()
	return err
}

// helped reports whether the batch may have a helper of this number, from 0.
func (j *job) helped(n int) bool { return j.batch.Turns == nil || n < j.batch.Turns.Helpers() }

// help is work as long as the batch may have this helper.
func (j *job) help(n int) {
	defer j.helpers.Done()
	defer helping.Add(-1)
	for j.one() && j.helped(n) {
	}
}

// work takes blocks until there are none, each in its turn.
func (j *job) work() {
	for j.one() {
		if j.batch.Turns != nil && int(j.next.Load()) < j.batch.Rows {
			j.batch.Turns.Next(j.ctx)
		}
	}
}

// one computes a block. It is false if there was none, or it failed: the blocks
// before it have begun already.
func (j *job) one() bool {
	lo := int(j.next.Add(int64(j.step))) - j.step
	if lo >= j.batch.Rows {
		return false
	}
	err := j.ctx.Err()
	if err == nil {
		err = j.block(j.batch, lo, min(lo+j.step, j.batch.Rows), j.want, j.out, j.terms, &j.spent)
	}
	if err != nil {
		j.fail(lo, err)
	}
	return err == nil
}

func (j *job) fail(lo int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil || lo < j.failed {
		j.err, j.failed = err, lo
	}
	j.next.Store(int64(j.batch.Rows))
}

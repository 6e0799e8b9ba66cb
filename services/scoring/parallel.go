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
	working atomic.Int32 // of them, those at work

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

// work computes blocks until there are none, each in its turn. A block is taken
// before its turn has come: there is no waiting for nothing, and as long as it
// waits the batch is not done.
func (j *job) work() {
	lo, ok := j.take()
	if ok {
		j.recruit(lo)
	}
	for ok && j.compute(lo) {
		lo, ok = j.take()
		if turns := j.batch.Turns; ok && turns != nil {
			turns.Next(j.ctx)
			if j.working.Load() == 0 { // they left while it waited, or there were none
				j.recruit(lo)
			}
		}
	}
}

// recruit starts helpers where that pays, for the rows from lo on, of which the
// first block is taken.
func (j *job) recruit(lo int) {
	rows := j.batch.Rows - lo
	others := (rows+j.step-1)/j.step - 1
	worth := int(j.predictor.Cost(rows) / worthSharing)
	for n := range min(others, worth) {
		if !j.helped(n) || !takeHelper() {
			return
		}
		j.working.Add(1)
		j.helpers.Add(1)
		go j.help(n)
	}
}

// helped reports whether the batch may have a helper of this number, from 0.
func (j *job) helped(n int) bool { return j.batch.Turns == nil || n < j.batch.Turns.Helpers() }

// help computes blocks as long as there are some and the batch may have this
// helper.
func (j *job) help(n int) {
	defer j.helpers.Done()
	defer j.working.Add(-1)
	defer helping.Add(-1)
	for j.helped(n) {
		lo, ok := j.take()
		if !ok {
			return
		}
		if turns := j.batch.Turns; turns == nil {
			ok = j.compute(lo)
		} else {
			began := time.Now()
			ok = j.compute(lo)
			turns.Helped(time.Since(began))
		}
		if !ok {
			return
		}
	}
}

// take returns the first row of a block that nobody else computes; false if
// there is none.
func (j *job) take() (lo int, ok bool) {
	lo = int(j.next.Add(int64(j.step))) - j.step
	return lo, lo < j.batch.Rows
}

// compute computes the block from lo on. It is false if that failed: the blocks
// before it were taken already, and the others need not be.
func (j *job) compute(lo int) bool {
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

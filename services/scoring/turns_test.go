package scoring_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// turns are what a test says.
type turns struct {
	next    func(ctx context.Context, call int) // calls are counted from 1
	helpers func() int                          // nil has nobody help
	calls   int
	helped  atomic.Int64 // blocks
	took    atomic.Int64 // ns
}

func (t *turns) Next(ctx context.Context) {
	t.calls++
	if t.next != nil {
		t.next(ctx, t.calls)
	}
}

func (t *turns) Helpers() int {
	if t.helpers == nil {
		return 0
	}
	return t.helpers()
}

func (t *turns) Helped(took time.Duration) {
	t.helped.Add(1)
	t.took.Add(int64(took))
}

// large is a model and a batch of many blocks, with what the model answers to it.
func large(t *testing.T) (*scoring.Model, *scoring.Batch, []float64) {
	t.Helper()
	// Helpers are fewer than processors.
	before := runtime.GOMAXPROCS(4)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	m, err := open(t, filepath.Join(housing["forest"], "model.joblib"), nil)
	if err != nil {
		t.Fatal(err)
	}
	batch := housingBatch(20_000)
	var out scoring.Result
	if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	return m, batch, out.Values
}

// A large batch asks whether it may go on after each block but the last, by how
// many goroutines ever it is computed; the answers are those without asking.
func TestTurnsBetweenBlocks(t *testing.T) {
	m, batch, want := large(t)
	out := scoring.Result{Values: slices.Repeat([]float64{math.NaN()}, batch.Rows)}
	values, before := out.Values, 0
	alone := &turns{next: func(context.Context, int) {
		done := batch.Rows
		for done > 0 && math.IsNaN(values[done-1]) {
			done--
		}
		if done <= before || done == batch.Rows {
			t.Errorf("asked with %d of %d rows computed, and with %d before", done, batch.Rows, before)
		}
		before = done
	}}
	batch.Turns = alone
	if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	if alone.calls < 10 || alone.helped.Load() != 0 || !slices.Equal(out.Values, want) {
		t.Errorf("asked %d times, helped with %d blocks, want many and none, and the same answers", alone.calls, alone.helped.Load())
	}
	for range 10 {
		helped := &turns{helpers: func() int { return 2 }}
		batch.Turns = helped
		if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil {
			t.Fatal(err)
		}
		if n := int(helped.helped.Load()); n+helped.calls != alone.calls || !slices.Equal(out.Values, want) {
			t.Errorf("helped with %d blocks and asked before %d, want %d together, and the same answers", n, helped.calls, alone.calls)
		}
		if n, took := helped.helped.Load(), helped.took.Load(); (n > 0) != (took > 0) {
			t.Errorf("help with %d blocks took %d ns", n, took)
		}
	}
}

// What is one block asks nothing, and a batch without turns goes on as ever.
func TestOneBlockHasNoTurns(t *testing.T) {
	m, _, _ := large(t)
	for _, rows := range []int{1, 2, 100} {
		asked := &turns{helpers: func() int { t.Error("asked for helpers"); return 1 }}
		batch := housingBatch(rows)
		batch.Turns = asked
		var out scoring.Result
		if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil || asked.calls > 0 {
			t.Errorf("%d rows: asked %d times, error %v; want neither", rows, asked.calls, err)
		}
	}
}

// A context that ends while the batch waits gives its error, never a part of an
// answer as if it were all.
func TestTurnsEnd(t *testing.T) {
	m, batch, _ := large(t)
	count := &turns{}
	batch.Turns = count
	var out scoring.Result
	if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	for _, helpers := range []int{0, 2} {
		for _, last := range []int{1, 2, count.calls / 2, count.calls} {
			ctx, cancel := context.WithCancel(t.Context())
			ended := false
			batch.Turns = &turns{
				helpers: func() int { return helpers },
				next: func(_ context.Context, call int) {
					if ended {
						t.Errorf("asked again after the context's end")
					}
					if call == last {
						cancel()
						ended = true
					}
				},
			}
			err := m.Predict(ctx, batch, scoring.Predict, &out)
			if ended != errors.Is(err, context.Canceled) || !ended && (err != nil || helpers == 0) {
				t.Errorf("%d helpers: ended at turn %d: %v, error %v", helpers, last, ended, err)
			}
			cancel()
		}
	}
}

// Helpers leave a batch that waits, at their next block, and help again when it
// goes on.
func TestHelpersAreWithdrawn(t *testing.T) {
	m, batch, want := large(t)
	var waits atomic.Bool
	during, after := int64(0), int64(0)
	asked := &turns{helpers: func() int {
		if waits.Load() {
			return 0
		}
		return 1
	}}
	until := func(blocks int64) {
		for end := time.Now().Add(10 * time.Second); asked.helped.Load() < blocks; time.Sleep(20 * time.Microsecond) {
			if time.Now().After(end) {
				t.Fatalf("helped with %d blocks in 10 s, want %d", asked.helped.Load(), blocks)
			}
		}
	}
	asked.next = func(_ context.Context, call int) {
		switch call {
		case 1:
			until(1) // there is one
			waits.Store(true)
			before := asked.helped.Load()
			time.Sleep(50 * time.Millisecond)
			during = asked.helped.Load() - before
			waits.Store(false)
			after = asked.helped.Load()
		case 2:
			until(after + 1)
		}
	}
	batch.Turns = asked
	var out scoring.Result
	if err := m.Predict(t.Context(), batch, scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	// The block that was being computed, and one whose helper had asked already.
	if during > 2 {
		t.Errorf("helped with %d blocks while the batch waited, want those that were begun", during)
	}
	if !slices.Equal(out.Values, want) {
		t.Error("other answers than without turns")
	}
}

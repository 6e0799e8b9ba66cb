package admission

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func gate(inFlight, queue int) *Gate {
	return New(Options{InFlight: inFlight, Queue: queue}, prometheus.NewRegistry())
}

// acquire is for callers of no name.
func acquire(ctx context.Context, g *Gate) error {
	_, err := g.Acquire(ctx, "")
	return err
}

// work holds the gate for a while.
func work(t *testing.T, g *Gate, d time.Duration) {
	t.Helper()
	place, err := g.Acquire(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	time.Sleep(d)
	g.Release(place, began, 0)
}

func TestBoundsWorkAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(2, 100)
		var now, most int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := g.Acquire(t.Context(), ""); err != nil {
					t.Error(err)
					return
				}
				began := time.Now()
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				g.Release(g.lines.of(""), began, 0)
			})
		}
		start := time.Now()
		wg.Wait()
		if most != 2 {
			t.Errorf("at most %d worked at once, want 2", most)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("20 works of 1 s by two took %v, want 10 s", took)
		}
		if in, queued := testutil.ToFloat64(g.metrics.inFlight), testutil.ToFloat64(g.metrics.queued); in != 0 || queued != 0 {
			t.Errorf("afterwards %v are in flight and %v queued", in, queued)
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 10)
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		order := make(chan int, 3)
		for i := range 3 {
			go func() {
				if _, err := g.Acquire(t.Context(), ""); err != nil {
					t.Error(err)
				}
				order <- i
				g.Release(g.lines.of(""), time.Now(), 0)
			}()
			synctest.Wait() // it queues
		}
		g.Release(g.lines.of(""), time.Now(), 0)
		for want := range 3 {
			if got := <-order; got != want {
				t.Errorf("number %d was let in, want %d", got, want)
			}
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 1)
		work(t, g, 8*time.Second) // the average becomes 1 s
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		queued := make(chan error, 1)
		go func() { queued <- acquire(t.Context(), g) }()
		synctest.Wait()

		var full *FullError
		if _, err := g.Acquire(t.Context(), ""); !errors.As(err, &full) || full.Reason != "queue_full" || full.RetryAfter() != 2*time.Second {
			t.Errorf("the third got %v, want queue_full and a retry in 2 s", err)
		}
		g.Release(g.lines.of(""), began, 0)
		if err := <-queued; err != nil {
			t.Errorf("the second, which queued, got %v", err)
		}
	})
}

func TestDeadlineThatCannotBeMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 10)
		work(t, g, 8*time.Second) // the average becomes 1 s
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var full *FullError
		if _, err := g.Acquire(ctx, ""); !errors.As(err, &full) || full.Reason != "deadline" || time.Since(start) != 0 {
			t.Errorf("a deadline before the estimated wait: %v after %v, want a refusal at once", err, time.Since(start))
		}

		ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := g.Acquire(ctx, ""); !errors.As(err, &full) || full.Reason != "deadline" || time.Since(start) != 3*time.Second {
			t.Errorf("a deadline met while waiting: %v after %v, want a refusal after 3 s", err, time.Since(start))
		}
		if got := testutil.ToFloat64(g.metrics.rejected.WithLabelValues("deadline")); got != 2 {
			t.Errorf("rejected for their deadline: %v, want 2", got)
		}
	})
}

// However long the queue may be, nobody waits longer than allowed: the queue is
// as long as the work is short.
func TestWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 2, Queue: 1000, Wait: 3 * time.Second}, prometheus.NewRegistry())
		for range 60 { // the average becomes 1 s
			work(t, g, time.Second)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		var longest time.Duration
		refused := 0
		for range 20 {
			wg.Go(func() {
				start := time.Now()
				_, err := g.Acquire(t.Context(), "")
				mu.Lock()
				defer mu.Unlock()
				var full *FullError
				if errors.As(err, &full) && full.Reason == "wait" && full.RetryAfter() > 3*time.Second && time.Since(start) == 0 {
					refused++
					return
				}
				if err != nil {
					t.Errorf("got %v, want room or a refusal for the wait", err)
					return
				}
				longest = max(longest, time.Since(start))
				began := time.Now()
				time.AfterFunc(time.Second, func() { g.Release(g.lines.of(""), began, 0) })
			})
			synctest.Wait()
		}
		wg.Wait()
		// Two at work, and six that wait for 1, 1, 2, 2, 3 and 3 seconds.
		if refused != 12 || longest > 3*time.Second {
			t.Errorf("%d of 20 were refused, and the longest wait was %v; want 12 and 3 s", refused, longest)
		}
		time.Sleep(time.Second) // the last ends
	})
}

// Check says what Acquire would say, and leaves no trace but the count.
func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 1)
		if err := g.Check(t.Context(), "", true); err != nil {
			t.Errorf("a gate with room: %v", err)
		}
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := g.Check(t.Context(), "", true); err != nil {
			t.Errorf("a gate with room in its queue: %v", err)
		}
		queued := make(chan error, 1)
		go func() { queued <- acquire(t.Context(), g) }()
		synctest.Wait()
		var full *FullError
		if err := g.Check(t.Context(), "", true); !errors.As(err, &full) || full.Reason != "queue_full" {
			t.Errorf("a full gate: %v, want queue_full", err)
		}
		if got := testutil.ToFloat64(g.metrics.rejected.WithLabelValues("queue_full")); got != 1 {
			t.Errorf("counted %v rejections, want 1", got)
		}
		g.Release(g.lines.of(""), began, 0)
		if err := <-queued; err != nil {
			t.Error(err)
		}
	})
}

// The estimate follows what comes out, not how long the work itself takes: on a
// busy processor those differ much.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000, Wait: time.Second}, prometheus.NewRegistry())
		work(t, g, 0)
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		var admitted int
		enqueue := func() {
			go func() {
				if acquire(t.Context(), g) == nil {
					admitted++
				}
			}()
			synctest.Wait()
		}
		for range 300 {
			enqueue()
		}
		// One ends every 20 ms, though each says that it took no time.
		for range 100 {
			time.Sleep(20 * time.Millisecond)
			g.Release(g.lines.of(""), time.Now(), 0)
			synctest.Wait()
		}
		if each := g.pace.each(); each < 19*time.Millisecond || each > 21*time.Millisecond {
			t.Errorf("the pace is one in %v, want 20ms", each)
		}
		// 200 wait, which takes 4 s: nobody else is let in until 50 are left.
		before := admitted
		var full *FullError
		if err := g.Check(t.Context(), "", true); !errors.As(err, &full) || full.Reason != "wait" || full.Retry < 3900*time.Millisecond || full.Retry > 4200*time.Millisecond {
			t.Errorf("with 200 before it: %v, want a refusal and a retry in 4 s", err)
		}
		for range 152 {
			time.Sleep(20 * time.Millisecond)
			g.Release(g.lines.of(""), time.Now(), 0)
			synctest.Wait()
		}
		if err := g.Check(t.Context(), "", true); err != nil {
			t.Errorf("with 48 before it: %v", err)
		}
		if admitted != before+152 {
			t.Errorf("%d were let in by 152 releases", admitted-before)
		}
		for range 49 { // what is left
			g.Release(g.lines.of(""), time.Now(), 0)
			synctest.Wait()
		}
	})
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 10)
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() { got <- acquire(ctx, g) }()
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire = %v, want context canceled", err)
		}
		g.Release(g.lines.of(""), time.Now(), 0)
		// Its place in the queue is gone: nobody holds the room.
		if _, err := g.Acquire(t.Context(), ""); err != nil {
			t.Error(err)
		}
	})
}

func TestUncontendedDoesNotAllocate(t *testing.T) {
	g := gate(1, 1)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := g.Acquire(ctx, ""); err != nil {
			t.Error(err)
		}
		g.Release(g.lines.of(""), time.Now(), 0)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

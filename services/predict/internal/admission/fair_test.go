package admission

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// flood has a caller ask without a pause, n requests at a time of d each, until
// ctx ends; it returns how many were done.
func flood(ctx context.Context, g *Gate, caller string, n int, d time.Duration) func() int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := 0
	for range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				place, err := g.Acquire(ctx, caller)
				if err != nil {
					continue
				}
				began := time.Now()
				time.Sleep(d)
				g.Release(place, began, 0)
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	return func() int { wg.Wait(); return done }
}

// One caller keeps a hundred requests in the queue; another asks now and then
// and hardly notices.
func TestFloodDoesNotDelayOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 4, Queue: 1000}, prometheus.NewRegistry())
		g.lines.atOnce = 2 // as on two processors
		ctx, cancel := context.WithCancel(t.Context())
		flooded := flood(ctx, g, "flood", 100, 10*time.Millisecond)
		var longest time.Duration
		for i := range 100 {
			time.Sleep(37 * time.Millisecond)
			start := time.Now()
			place, err := g.Acquire(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); i > 0 { // from the second on, room is left
				longest = max(longest, waited)
			}
			began := time.Now()
			time.Sleep(10 * time.Millisecond)
			g.Release(place, began, 0)
		}
		cancel()
		if longest > 0 {
			t.Errorf("the other waited %v, want none: one caller may not hold all the room", longest)
		}
		if n := flooded(); n < 900 { // by two, in 4.7 s
			t.Errorf("the flood did %d works; what the other leaves is for it", n)
		}
	})
}

// What callers get is the same time of work, whether their works are short or
// long, and however many they send.
func TestEqualShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000}, prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(t.Context())
		short, long := flood(ctx, g, "short", 50, time.Millisecond), flood(ctx, g, "long", 3, 10*time.Millisecond)
		third := flood(ctx, g, "third", 10, 2*time.Millisecond)
		time.Sleep(30 * time.Second)
		cancel()
		for name, seconds := range map[string]float64{
			"short": float64(short()) * .001, "long": float64(long()) * .01, "third": float64(third()) * .002} {
			if seconds < 9.5 || seconds > 10.5 {
				t.Errorf("%s had %.1f s of work in 30 s, want 10", name, seconds)
			}
		}
	})
}

// Nobody saves up the time in which he asked for nothing, nor pays for that in
// which there was room for all.
func TestPastIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000}, prometheus.NewRegistry())
		for range 60 {
			work(t, g, time.Second) // of the caller without a name, alone
		}
		ctx, cancel := context.WithCancel(t.Context())
		old, newcomer := flood(ctx, g, "", 10, 10*time.Millisecond), flood(ctx, g, "new", 10, 10*time.Millisecond)
		time.Sleep(10 * time.Second)
		cancel()
		if a, b := old(), newcomer(); a < 480 || b < 480 {
			t.Errorf("%d and %d works of 1000, want half each", a, b)
		}
	})
}

// A queue that one caller has filled takes others: the last of the longest line
// makes way.
func TestFullQueueMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 3}, prometheus.NewRegistry())
		first, err := g.Acquire(t.Context(), "flood")
		if err != nil {
			t.Fatal(err)
		}
		type result struct {
			who string
			err error
		}
		results := make(chan result, 10)
		enqueue := func(caller string, n int) {
			go func() {
				place, err := g.Acquire(t.Context(), caller)
				results <- result{fmt.Sprintf("%s %d", caller, n), err}
				if err == nil {
					g.Release(place, time.Now(), 0)
				}
			}()
			synctest.Wait()
		}
		for n := range 3 {
			enqueue("flood", n)
		}
		if err := g.Check(t.Context(), "flood", true); err == nil {
			t.Error("the caller who filled the queue is let in")
		}
		if err := g.Check(t.Context(), "", false); err != nil {
			t.Errorf("somebody, who may be anybody: %v", err)
		}
		enqueue("other", 0)
		var full *FullError
		if r := <-results; r.who != "flood 2" || !errors.As(r.err, &full) || full.Reason != "queue_full" || full.Retry <= 0 {
			t.Errorf("%s made way with %v, want flood 2 with queue_full", r.who, r.err)
		}
		enqueue("third", 0)
		if r := <-results; r.who != "flood 1" {
			t.Errorf("%s made way, want flood 1", r.who)
		}
		// All lines are as short as can be now.
		if err := g.Check(t.Context(), "", false); !errors.As(err, &full) {
			t.Errorf("somebody gets %v, want a refusal", err)
		}
		g.Release(first, time.Now(), 0)
		for range 3 {
			if r := <-results; r.err != nil {
				t.Errorf("%s: %v", r.who, r.err)
			}
		}
		synctest.Wait()
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.inFlight != 0 || g.lines.waiting != 0 || len(g.lines.active) != 0 {
			t.Errorf("left: %d in flight, %d waiting in %d lines", g.inFlight, g.lines.waiting, len(g.lines.active))
		}
	})
}

// What a caller is told to expect follows from his own line: a flood's wait is
// not everybody's.
func TestEstimateOfALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000, Wait: 5 * time.Second}, prometheus.NewRegistry())
		work(t, g, 8*time.Second) // the average becomes 1 s
		place, err := g.Acquire(t.Context(), "flood")
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			go func() {
				if place, err := g.Acquire(t.Context(), "flood"); err == nil {
					g.Release(place, time.Now(), 0)
				}
			}()
			synctest.Wait()
		}
		var full *FullError
		if err := g.Check(t.Context(), "flood", true); !errors.As(err, &full) || full.Reason != "wait" || full.Retry != 6*time.Second {
			t.Errorf("the flood: %v, want a refusal and a retry in 6 s", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := g.Check(ctx, "other", true); err != nil {
			t.Errorf("another, who waits for two at most: %v", err)
		}
		g.Release(place, time.Now(), 0)
		synctest.Wait()
	})
}

// Callers come and go by the thousand; the memory of the gate stays.
func TestLinesAreBounded(t *testing.T) {
	g := gate(1, 10)
	for i := range 10_000 {
		place, err := g.Acquire(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		g.Release(place, time.Now(), 0)
	}
	if n := cap(g.lines.active); n > 0 {
		t.Errorf("%d lines are remembered as waiting", n)
	}
}

func BenchmarkUncontended(b *testing.B) {
	g := New(Options{InFlight: 4}, prometheus.NewRegistry())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		place, err := g.Acquire(ctx, "")
		if err != nil {
			b.Fatal(err)
		}
		g.Release(place, time.Now(), 0)
	}
}

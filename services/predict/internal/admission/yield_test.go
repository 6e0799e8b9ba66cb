package admission

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// long is a work of many parts, of 1 ms each.
func long(ctx context.Context, g *Gate, caller string, parts int) (time.Duration, error) {
	place, err := g.Acquire(ctx, caller)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for range parts {
		if ctx.Err() != nil {
			break
		}
		time.Sleep(time.Millisecond)
		g.Yield(ctx, place, time.Millisecond)
	}
	g.Release(place, time.Now(), 0)
	return time.Since(start), nil
}

// Long works make way between their parts: who asks now and then waits for the
// part that is being done, not for the work.
func TestLongWorkMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 2, Queue: 1000}, prometheus.NewRegistry())
		g.lines.atOnce = 2
		ctx, cancel := context.WithCancel(t.Context())
		parts := make(chan int)
		for range 64 {
			go func() {
				done := 0
				for ctx.Err() == nil {
					if _, err := long(ctx, g, "flood", 40); err == nil {
						done += 40
					}
				}
				parts <- done
			}()
		}
		for range 100 {
			time.Sleep(7300 * time.Microsecond)
			start := time.Now()
			place, err := g.Acquire(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited > time.Millisecond {
				t.Errorf("the other waited %v, want at most a part's 1 ms", waited)
			}
			began := time.Now()
			time.Sleep(time.Millisecond)
			g.Release(place, began, 0)
		}
		cancel()
		sum := 0
		for range 64 {
			sum += <-parts
		}
		if sum < 1400 { // of two at a time in 0.86 s, less the other's 100
			t.Errorf("the flood did %d parts; what the other leaves is for it", sum)
		}
	})
}

// Shares are of time, also among works of many parts and works of one.
func TestEqualSharesOfLongWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000}, prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(t.Context())
		short := flood(ctx, g, "short", 50, time.Millisecond)
		parts := make(chan int, 3)
		for range cap(parts) {
			go func() {
				done := 0
				for ctx.Err() == nil {
					if _, err := long(ctx, g, "long", 100); err == nil {
						done += 100
					}
				}
				parts <- done
			}()
		}
		time.Sleep(30 * time.Second)
		cancel()
		done := <-parts + <-parts + <-parts
		if n := short(); n < 14_500 || n > 15_500 || done < 14_500 || done > 15_500 {
			t.Errorf("the short works had %d ms and the long ones %d, want half of 30 s each", n, done)
		}
	})
}

// A work does not make way for those of its own caller, nor for a caller who was
// served more; and what has begun goes on before what has not.
func TestNoNeedToMakeWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000}, prometheus.NewRegistry())
		first := make(chan time.Duration)
		go func() {
			took, err := long(t.Context(), g, "flood", 10)
			if err != nil {
				t.Error(err)
			}
			first <- took
		}()
		synctest.Wait()
		var last time.Duration
		started := time.Now()
		for range 3 {
			go func() {
				if _, err := long(t.Context(), g, "flood", 10); err == nil {
					last = time.Since(started)
				}
			}()
		}
		go func() { _, _ = long(t.Context(), g, "other", 5) }()
		if took := <-first; took != 15*time.Millisecond {
			t.Errorf("the first took %v, want its 10 ms and the other's 5", took)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if last != 45*time.Millisecond {
			t.Errorf("all took %v, want 45 ms", last)
		}
	})
}

// A work that made way and whose caller is gone ends at once, and leaves nothing.
func TestMakingWayEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1}, prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = long(ctx, g, "flood", 100)
		}()
		synctest.Wait()
		place := make(chan int)
		go func() {
			p, err := g.Acquire(t.Context(), "other")
			if err != nil {
				t.Error(err)
			}
			place <- p
		}()
		other := <-place // while the flood's work is begun, and waits
		began := time.Now()
		if err := g.Check(t.Context(), "third", true); err != nil {
			t.Errorf("a begun work takes the place of one that waits: %v", err)
		}
		cancel()
		<-ended
		if took := time.Since(began); took != 0 {
			t.Errorf("it ended after %v, want at once", took)
		}
		g.Release(other, began, 0)
		g.mu.Lock()
		defer g.mu.Unlock()
		l := &g.lines
		if g.inFlight != 0 || l.waiting != 0 || len(l.active) != 0 || l.all[l.of("flood")].begun != 0 || l.all[l.of("flood")].held != 0 {
			t.Errorf("left: %d in flight, %d waiting in %d lines", g.inFlight, l.waiting, len(l.active))
		}
	})
}

// While callers share, the processors that help a caller's works are counted as
// his room.
func TestHelpersAreRoom(t *testing.T) {
	g := gate(8, 10)
	g.lines.atOnce = 7
	hold := func(caller string) int {
		place, err := g.Acquire(t.Context(), caller)
		if err != nil {
			t.Fatal(err)
		}
		return place
	}
	flood := hold("flood")
	if n := g.Helpers(flood); n < 7 {
		t.Errorf("alone %d may help, want all", n)
	}
	now := time.Now()
	g.Release(hold("flood"), now, 0)
	g.Release(hold("other"), now, 0)
	for works, want := range []int{6, 2, 1, 0, 0, 0, 0} {
		if works > 0 {
			hold("flood")
		}
		if n := g.Helpers(flood); n != want {
			t.Errorf("%d may help each of %d works, want %d", n, works+1, want)
		}
	}
}

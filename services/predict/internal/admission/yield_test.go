package admission

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
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
	start, done := time.Now(), 0
	for ; done < parts && ctx.Err() == nil; done++ {
		time.Sleep(time.Millisecond)
		g.Yield(ctx, place, time.Millisecond)
	}
	worked := time.Duration(done) * time.Millisecond
	g.Release(place, time.Now().Add(-worked), worked)
	return time.Since(start), nil
}

// longFlood has a caller do so many long works at a time until the context ends.
// What it returns waits for that, and tells how many parts were done.
func longFlood(ctx context.Context, g *Gate, caller string, atOnce, parts int) func() int {
	done := make(chan int)
	for range atOnce {
		go func() {
			n := 0
			for ctx.Err() == nil {
				if _, err := long(ctx, g, caller, parts); err == nil {
					n += parts
				}
			}
			done <- n
		}()
	}
	return func() (sum int) {
		for range atOnce {
			sum += <-done
		}
		return sum
	}
}

// Long works make way between their parts: who asks now and then waits for the
// part that is being done, not for the work.
func TestLongWorkMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 2, Queue: 1000}, prometheus.NewRegistry())
		g.lines.atOnce = 2
		ctx, cancel := context.WithCancel(t.Context())
		parts := longFlood(ctx, g, "flood", 64, 40)
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
		if n := parts(); n < 1400 { // of two at a time in 0.86 s, less the other's 100
			t.Errorf("the flood did %d parts; what the other leaves is for it", n)
		}
	})
}

// Shares are of time, also among works of many parts and works of one.
func TestEqualSharesOfLongWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{InFlight: 1, Queue: 1000}, prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(t.Context())
		short := flood(ctx, g, "short", 50, time.Millisecond)
		parts := longFlood(ctx, g, "long", 3, 100)
		time.Sleep(30 * time.Second)
		cancel()
		done := parts()
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
		var last atomic.Int64 // when the flood's others ended
		started := time.Now()
		for range 3 {
			go func() {
				if _, err := long(t.Context(), g, "flood", 10); err == nil {
					last.Store(int64(time.Since(started)))
				}
			}()
		}
		go func() { _, _ = long(t.Context(), g, "other", 5) }()
		if took := <-first; took != 15*time.Millisecond {
			t.Errorf("the first took %v, want its 10 ms and the other's 5", took)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if last := time.Duration(last.Load()); last != 45*time.Millisecond {
			t.Errorf("all took %v, want 45 ms", last)
		}
	})
}

// A work that made way waits in the queue, as those who wait to begin do; when its
// caller is gone it ends at once, and leaves nothing.
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
		var full *FullError
		if err := g.Check(t.Context(), "third", true); !errors.As(err, &full) || full.Reason != "queue_full" {
			t.Errorf("a third, who would wait with the begun work, gets %v, want queue_full", err)
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

// What was told of a work's time is charged once, whether in parts or at its end;
// so is what other processors took.
func TestChargedOnce(t *testing.T) {
	for _, c := range []struct {
		name          string
		told, charged time.Duration // of 10 ms
		want          time.Duration
	}{
		{"nothing told", 0, 0, 10 * time.Millisecond},
		{"most told", 8 * time.Millisecond, 8 * time.Millisecond, 10 * time.Millisecond},
		{"told of two processors, 3 ms of the other not", 16 * time.Millisecond, 8*time.Millisecond - 3*time.Millisecond, 21 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := New(Options{InFlight: 2, Queue: 10}, prometheus.NewRegistry())
				place, err := g.Acquire(t.Context(), "caller")
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				time.Sleep(10 * time.Millisecond)
				if c.told > 0 {
					g.Yield(t.Context(), place, c.told)
				}
				g.Release(place, began, c.charged)
				if got := g.lines.all[place].service; math.Abs(got-c.want.Seconds()) > 1e-9 {
					t.Errorf("charged %v s, want %v", got, c.want)
				}
				if g.service != 10*time.Millisecond/8 {
					t.Errorf("works take %v on average, want an eighth of 10 ms after one", g.service)
				}
			})
		})
	}
}

// A work that makes way lets another in for it: those who hold memory, because they
// have room or wait for it, are never more than room and queue.
func TestMakingWayIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, depth = 3, 8
		g := New(Options{InFlight: limit, Queue: depth}, prometheus.NewRegistry())
		g.lines.atOnce = 2
		ctx, cancel := context.WithCancel(t.Context())
		for caller := range 12 {
			for range 4 {
				go func() {
					for ctx.Err() == nil {
						if _, err := long(ctx, g, fmt.Sprint(caller), 1+caller); err != nil {
							time.Sleep(time.Millisecond)
						}
					}
				}()
			}
		}
		most := 0 // works that have begun and wait
		for range 2000 {
			time.Sleep(700 * time.Microsecond)
			synctest.Wait()
			g.mu.Lock()
			waiting, begun := 0, 0
			for i := range g.lines.all {
				l := &g.lines.all[i]
				waiting, begun = waiting+len(l.waiters), begun+l.begun
				if l.begun+l.held > limit {
					t.Errorf("of one caller %d works have begun, want at most %d", l.begun+l.held, limit)
				}
			}
			if g.inFlight > limit || waiting > depth || waiting != g.lines.waiting {
				t.Errorf("%d at work, %d waiting, counted %d; want at most %d and %d", g.inFlight, waiting, g.lines.waiting, limit, depth)
			}
			most = max(most, begun)
			g.mu.Unlock()
		}
		cancel()
		synctest.Wait()
		time.Sleep(time.Second)
		g.mu.Lock()
		defer g.mu.Unlock()
		if most < 2 {
			t.Errorf("at most %d begun works waited: nothing is shown", most)
		}
		if g.inFlight != 0 || g.lines.waiting != 0 || len(g.lines.active) != 0 {
			t.Errorf("left: %d in flight, %d waiting in %d lines", g.inFlight, g.lines.waiting, len(g.lines.active))
		}
	})
}

// A turn is counted once among those after which the network has to be looked at,
// whether or not the work makes way at it.
func TestMakingWayIsOneTurn(t *testing.T) {
	n := listen(t)
	g := New(Options{InFlight: 1, Queue: 10, Network: n}, prometheus.NewRegistry())
	flood, err := g.Acquire(t.Context(), "flood")
	if err != nil {
		t.Fatal(err)
	}
	g.lines.shared, g.lines.switched = true, time.Now()
	entered := make(chan struct{})
	go func() {
		other, err := g.Acquire(t.Context(), "other")
		if err != nil {
			t.Error(err)
		}
		g.Release(other, time.Now(), 0)
		close(entered)
	}()
	for {
		g.mu.Lock()
		waits := g.lines.waiting == 1
		g.mu.Unlock()
		if waits {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	g.mu.Lock()
	// As if the flood had just come, and no look were near.
	g.lines.all[flood].streak = streak{look: n.looks.Load(), began: time.Since(epoch) + time.Hour}
	g.mu.Unlock()
	g.Yield(t.Context(), flood, time.Millisecond)
	<-entered
	if calls := g.lines.all[flood].streak.calls; calls != 1 {
		t.Errorf("counted as %d turns, want 1", calls)
	}
	g.Release(flood, time.Now(), 0)
}

// A work that made way has no room, so nobody may help it, whether or not callers
// share.
func TestNoHelpersForWorkThatMadeWay(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Options{InFlight: 1, Queue: 10}, prometheus.NewRegistry())
			g.lines.atOnce, g.lines.shared = 7, shared
			flood, err := g.Acquire(t.Context(), "flood")
			if err != nil {
				t.Fatal(err)
			}
			before := g.Helpers(flood)
			other := make(chan int)
			go func() {
				place, err := g.Acquire(t.Context(), "other")
				if err != nil {
					t.Error(err)
				}
				other <- place
			}()
			synctest.Wait()
			again := make(chan struct{})
			go func() { g.Yield(t.Context(), flood, time.Millisecond); close(again) }()
			place := <-other
			if n := g.Helpers(flood); n != 0 || before < 6 {
				t.Errorf("shared %v: %d may help a work that made way, %d before, want none and 6 or more", shared, n, before)
			}
			g.Release(place, time.Now(), 0)
			<-again
			if n := g.Helpers(flood); n < 6 {
				t.Errorf("shared %v: %d may help when it goes on, want 6 or more", shared, n)
			}
			g.Release(flood, time.Now(), 0)
		})
	}
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

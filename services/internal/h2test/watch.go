package h2test

import (
	"runtime"
	"testing"
	"time"
)

// A Watch looks at this process, in which both the server and its attackers
// run, every few milliseconds.
type Watch struct {
	t      testing.TB
	before sample
	most   sample
	stop   chan struct{}
	done   chan struct{}
}

type sample struct {
	goroutines int
	heap       uint64 // bytes in use, garbage included
}

// NewWatch begins to look.
func NewWatch(t testing.TB) *Watch {
	runtime.GC()
	w := &Watch{t: t, before: look(), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			now := look()
			w.most.goroutines = max(w.most.goroutines, now.goroutines)
			w.most.heap = max(w.most.heap, now.heap)
			select {
			case <-w.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return w
}

func look() sample {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return sample{runtime.NumGoroutine(), m.HeapAlloc}
}

// Within ends the watch. It fails the test if there were more goroutines or
// bytes more than before than allowed.
func (w *Watch) Within(goroutines int, bytes uint64) {
	w.t.Helper()
	close(w.stop)
	<-w.done
	if n := w.most.goroutines - w.before.goroutines; n > goroutines {
		w.t.Errorf("%d goroutines more than before, expected at most %d", n, goroutines)
	}
	if w.most.heap > w.before.heap+bytes {
		w.t.Errorf("%d bytes more than before, expected at most %d", w.most.heap-w.before.heap, bytes)
	}
}

// Settles waits until as many goroutines run as before, but for a few.
func (w *Watch) Settles(few int) {
	w.t.Helper()
	for range 500 {
		if runtime.NumGoroutine() <= w.before.goroutines+few {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), w.before.goroutines)
}

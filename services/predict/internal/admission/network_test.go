package admission

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func listen(t *testing.T) *Network {
	t.Helper()
	n, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// A look is waited for, and comes soon: in a process that has nothing to do at once.
func TestLook(t *testing.T) {
	n := listen(t)
	for range 100 {
		before := n.looks.Load()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		n.wait(ctx)
		if ctx.Err() != nil {
			t.Fatal("no look in 10 s")
		}
		cancel()
		if n.looks.Load() == before {
			t.Fatal("the wait ended without a look")
		}
	}
}

// Who waits does so no longer than his context, and not for what is closed.
func TestLookEnds(t *testing.T) {
	n := listen(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	n.wait(cancelled)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { n.wait(context.Background()); n.wait(context.Background()); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("a closed network is waited for")
	}
}

// Who comes again and again waits for a look; who comes now and then does not,
// nor does anybody who is alone.
func TestWhoWaitsForALook(t *testing.T) {
	n := listen(t)
	g := New(Options{InFlight: 4, Network: n}, prometheus.NewRegistry())
	work := func(caller string) (looks int64) {
		before := n.looks.Load()
		place, err := g.Acquire(t.Context(), caller)
		if err != nil {
			t.Fatal(err)
		}
		looks = n.looks.Load() - before
		g.Release(place, time.Now(), 0)
		return looks
	}
	flood := func() (looks int64) {
		for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
			looks += work("flood")
		}
		return looks
	}
	if n := flood(); n != 0 {
		t.Errorf("a flood alone waited for %d looks, want none", n)
	}
	for range 3 {
		time.Sleep(2 * pause)
		if n := work("other"); n != 0 {
			t.Errorf("who comes now and then waited for %d looks, want none", n)
		}
	}
	if n := flood(); n < 5 {
		t.Errorf("a flood beside another waited for %d looks in 50 ms, want more", n)
	}
}

package admission

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// unheard is for how long a caller may be let in again and again before the
	// network is looked at.
	unheard = 250 * time.Microsecond
	// pause is after how long without a call one begins anew.
	pause = 2 * time.Millisecond
)

// A Network tells when the process has looked at its network.
//
// Go looks for what has arrived on connections when a processor has nothing else
// to run, or else every 10 ms or so. A flood always leaves something to run, and
// the calls of others lie in the kernel meanwhile. So a gate that has several
// callers has one who comes again and again wait for such a look: then the flood's
// goroutines come to rest, a processor is free, and the others are heard.
//
// It is a pipe, of which one end is read as connections are: the byte that is
// written to the other is found by the very look that finds all that came.
type Network struct {
	in, out *os.File
	looks   atomic.Int64
	last    atomic.Int64 // when, as time since epoch

	mu     sync.Mutex
	coming chan struct{} // closed by the next look; nil while nobody waits
}

var epoch = time.Now()

// Listen begins to follow what the process does. Close must follow.
func Listen() (*Network, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	n := &Network{in: in, out: out}
	go n.follow()
	return n, nil
}

// Close ends it; who waits goes on.
func (n *Network) Close() error {
	_ = n.out.Close() // the reader sees the end, and closes its own
	return nil
}

func (n *Network) follow() {
	var one [1]byte
	for {
		_, err := n.in.Read(one[:])
		n.last.Store(int64(time.Since(epoch)))
		n.looks.Add(1)
		n.mu.Lock()
		if n.coming != nil {
			close(n.coming)
			n.coming = nil
		}
		n.mu.Unlock()
		if err != nil {
			_ = n.in.Close()
			return
		}
	}
}

// wait returns after the next look, or with the context.
func (n *Network) wait(ctx context.Context) {
	n.mu.Lock()
	coming := n.coming
	if coming == nil {
		coming = make(chan struct{})
		if _, err := n.out.Write([]byte{0}); err != nil { // it was closed
			n.mu.Unlock()
			return
		}
		n.coming = coming
	}
	n.mu.Unlock()
	select {
	case <-coming:
	case <-ctx.Done():
	}
}

// A streak is how often a caller was let in since the last look.
type streak struct {
	look  int64
	began time.Duration // since epoch
	calls int
}

// due counts a call, and tells whether it should wait for a look first.
func (n *Network) due(s *streak) bool {
	now, looks := time.Since(epoch), n.looks.Load()
	if s.look != looks || now-s.began > pause {
		*s = streak{look: looks, began: now}
	}
	s.calls++
	return s.calls > 1 && now-s.began > unheard
}

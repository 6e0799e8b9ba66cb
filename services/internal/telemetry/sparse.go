package telemetry

import (
	"log/slog"
	"sync"
	"time"
)

// A Sparse lets a few lines a second into a log, of a kind that comes by the
// thousand when a server has too much to do: writing them all would take the
// time that it lacks. The zero value is ready for use, and it is safe for
// concurrent use.
type Sparse struct {
	mu     sync.Mutex
	second int64
	let    int
	held   int
}

// sparsePerSecond is how many lines pass in a second.
const sparsePerSecond = 10

// Allow reports whether a line may be written. Those that were held back since
// the last that was, it tells of in an attribute, to add to this one; metrics
// count them all.
func (s *Sparse) Allow() (held slog.Attr, ok bool) {
	now := time.Now().Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now != s.second {
		s.second, s.let = now, 0
	}
	if s.let == sparsePerSecond {
		s.held++
		return slog.Attr{}, false
	}
	s.let++
	if s.held > 0 {
		held = slog.Int("held_back", s.held)
		s.held = 0
	}
	return held, true
}

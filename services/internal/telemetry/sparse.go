package telemetry

import (
	"cmp"
	"log/slog"
	"sync"
	"time"
)

// A Sparse lets a few a second through of what comes by the thousand when a
// server has much to do, lines for a log or requests to trace: all of them would
// take the time that it lacks. The zero value is ready for use, and it is safe for
// concurrent use.
type Sparse struct {
	Rate int // a second; 0 means 10

	mu     sync.Mutex
	second int64
	let    int
	held   int
}

// Allow reports whether a line may be written now. Those that were held back since
// the last that was, it tells of in an attribute, to add to this one; metrics
// count them all.
func (s *Sparse) Allow(now time.Time) (held slog.Attr, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if second := now.Unix(); second != s.second {
		s.second, s.let = second, 0
	}
	if rate := cmp.Or(s.Rate, 10); s.let >= rate {
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

package admission

import (
	"hash/maphash"
	"math"
	"slices"
	"time"
)

const (
	// lineCount is how many lines there are, whoever comes: a caller's is chosen
	// by a hash with a seed of this process, so that two share one by chance of
	// one in a thousand and nobody can choose whom to share with. This is
	// stochastic fairness queueing (McKenney, 1990).
	lineCount = 1024
	// nobody is the place of one who has no line yet.
	nobody = -1
	// sharing is for how long a gate goes on keeping room for others after it has
	// last served two callers.
	sharing = 10 * time.Second
)

// lines are where callers wait, each in a line of its own. They are guarded by
// the gate's lock.
//
// The next is of the line that was served least, in seconds of work, as in
// start-time fair queueing: many cheap requests and few dear ones come to the
// same. A line that was empty begins where the least served of the others is:
// nobody saves up what was not used.
//
// While several callers come, one line alone holds less room than there are
// processors: a caller who asks now and then finds one free, and need not wait
// for the end of a flood's work. The flood pays for that: alone it has them all.
type lines struct {
	seed    maphash.Seed
	all     [lineCount]line
	active  []int // lines in which somebody waits
	waiting int   // in all of them
	clock   float64

	atOnce   int       // room that one line may hold while callers share
	shared   bool      // they do
	last     int       // line that was served last
	switched time.Time // when it was another's turn
}

type line struct {
	held    int     // room
	service float64 // seconds of work, beginning at the clock
	waiters []*waiter
	begun   int // of the waiters, the first ones
	streak  streak
}

func newLines(atOnce int) lines {
	return lines{seed: maphash.MakeSeed(), atOnce: atOnce, last: nobody}
}

// of is the caller's line. It needs no lock.
func (l *lines) of(caller string) int { return int(maphash.String(l.seed, caller) % lineCount) }

// free reports whether the line's caller may take room that there is.
func (l *lines) free(place int) bool {
	return len(l.all[place].waiters) == 0 && l.may(place)
}

func (l *lines) may(place int) bool { return !l.shared || l.all[place].held < l.atOnce }

// add appends a waiter to a line. A work that has begun goes behind those that
// have, and before the others.
func (l *lines) add(place int, w *waiter) {
	q := &l.all[place]
	if len(q.waiters) == 0 {
		l.active = append(l.active, place)
		q.service = max(q.service, l.clock)
	}
	l.waiting++
	if !w.begun {
		q.waiters = append(q.waiters, w)
		return
	}
	q.waiters = slices.Insert(q.waiters, q.begun, w)
	q.begun++
}

// ahead is how many are let in before one who joins the line: those in it, and
// of each other line as many.
func (l *lines) ahead(place int) int {
	own := 0
	if place != nobody {
		own = len(l.all[place].waiters)
	}
	n := own
	for _, other := range l.active {
		if other != place {
			n += min(len(l.all[other].waiters), own+1)
		}
	}
	return n
}

// yields reports whether another line is so much longer that its last should
// make way for one who joins this one.
func (l *lines) yields(place int) bool {
	own := 0
	if place != nobody {
		own = l.all[place].queued()
	}
	longest := l.longest()
	return longest != nobody && l.all[longest].queued() > own+1
}

// queued is how many wait to begin.
func (q *line) queued() int { return len(q.waiters) - q.begun }

func (l *lines) longest() int {
	longest := nobody
	for _, place := range l.active {
		if longest == nobody || l.all[place].queued() > l.all[longest].queued() {
			longest = place
		}
	}
	return longest
}

// next is the line whose turn it is; nobody where all that wait hold what they
// may.
func (l *lines) next() int {
	best, least := l.least()
	if best != nobody {
		l.clock = max(l.clock, least)
	}
	return best
}

// least is the line that was served least of those that may have room, and how
// much.
func (l *lines) least() (best int, least float64) {
	best, least = nobody, math.Inf(1)
	for _, place := range l.active {
		if s := l.all[place].service; s < least && l.may(place) {
			best, least = place, s
		}
	}
	return best, least
}

// charge counts work that was done for a line.
func (l *lines) charge(place int, took time.Duration) {
	q := &l.all[place]
	q.service = max(q.service, l.clock) + took.Seconds()
	if len(l.active) == 0 {
		l.clock = max(l.clock, q.service) // what was done while there was room for all is not held against anybody
	}
}

// helpers is how many processors may help each work of a line: while callers
// share, as many as the line's room leaves; and none where it has no room.
func (l *lines) helpers(place int) int {
	held := l.all[place].held
	switch {
	case held == 0:
		return 0
	case !l.shared:
		return math.MaxInt
	}
	return max(0, l.atOnce-held) / held
}

// served notes that work of a line has ended.
func (l *lines) served(place int, took time.Duration, now time.Time) {
	l.charge(place, took)
	if place != l.last {
		if l.last != nobody {
			l.switched = now
		}
		l.last = place
	}
	l.shared = !l.switched.IsZero() && now.Sub(l.switched) < sharing
}

func (l *lines) removeFirst(place int) *waiter {
	q := &l.all[place]
	w := q.waiters[0]
	q.waiters[0] = nil
	q.waiters = q.waiters[1:]
	l.removed(place, w)
	return w
}

func (l *lines) removeLast(place int) *waiter {
	q := &l.all[place]
	last := len(q.waiters) - 1
	w := q.waiters[last]
	q.waiters[last] = nil
	q.waiters = q.waiters[:last]
	l.removed(place, w)
	return w
}

// remove takes w out of a line; false if it is not there.
func (l *lines) remove(place int, w *waiter) bool {
	q := &l.all[place]
	i := slices.Index(q.waiters, w)
	if i < 0 {
		return false
	}
	q.waiters = slices.Delete(q.waiters, i, i+1)
	l.removed(place, w)
	return true
}

// removed keeps the books. An empty line gives its memory back, or a thousand
// floods would leave it with a thousand queues.
func (l *lines) removed(place int, w *waiter) {
	l.waiting--
	if w.begun {
		l.all[place].begun--
	}
	if len(l.all[place].waiters) == 0 {
		l.all[place].waiters = nil
		i := slices.Index(l.active, place)
		l.active = slices.Delete(l.active, i, i+1)
	}
}

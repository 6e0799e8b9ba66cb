package quota

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// A meter is what one bucket is asked for.
type meter struct {
	rule   *rule
	amount *amount
	key    key
	n      int
	bucket *rate.Limiter
	left   float64 // tokens, after what was taken
}

// A charge is the scratch memory of one request.
type charge struct{ meters []meter }

// Charge takes so many requests and rows from every bucket that the subject is
// about, or from none: then the error is an [*ExceededError]. The state is that
// of the bucket that will be empty first. A limit of what is 0 is not looked at.
//
// It allocates nothing but new buckets, and what an error needs.
func (l *Limits) Charge(ctx context.Context, s Subject, requestCount, rowCount int) (State, error) {
	if l == nil {
		return State{}, nil
	}
	c := l.charges.Get().(*charge)
	defer l.charges.Put(c)
	c.meters = c.meters[:0]
	counts := [units]int{requests: requestCount, rows: rowCount}
	for _, r := range *l.rules.Load() {
		k, ok := r.about(&s)
		if !ok {
			continue
		}
		for u, a := range r.amounts {
			n := counts[u]
			switch {
			case a == nil || n == 0:
				continue
			case n > a.burst:
				r.metrics.tooLarge.Inc()
				return State{}, &ExceededError{Limit: r.name, Never: true, amount: a, asked: n}
			}
			k.unit = unit(u)
			c.meters = append(c.meters, meter{rule: r, amount: a, key: k, n: n})
		}
	}
	if len(c.meters) == 0 {
		return State{}, nil
	}
	if m := l.decide(ctx, c.meters); m != nil {
		m.rule.metrics.denied.Inc()
		return m.refusal()
	}
	return allowed(c.meters), nil
}

// decide takes the tokens, from Redis where there is one, else from this
// process's buckets. What Redis lets through is taken from those, too: were it
// gone the next moment, nobody would begin with a full one.
func (l *Limits) decide(ctx context.Context, meters []meter) (refused *meter) {
	if l.shared == nil {
		return l.buckets.take(time.Now(), meters)
	}
	refused, ok := l.shared.take(ctx, meters)
	switch {
	case !ok:
		return l.buckets.take(time.Now(), meters)
	case refused == nil:
		l.buckets.follow(time.Now(), meters)
	}
	return refused
}

// allowed counts, and tells the state of the bucket that will be empty first.
func allowed(meters []meter) State {
	first := &meters[0]
	for i := range meters {
		m := &meters[i]
		m.rule.metrics.allowed.Inc()
		if m.left*float64(first.amount.burst) < first.left*float64(m.amount.burst) {
			first = m
		}
	}
	a := first.amount
	return State{Policy: a.policy, Limit: a.burst, Remaining: max(0, int(first.left)), Reset: a.fills(float64(a.burst) - first.left)}
}

func (m *meter) refusal() (State, error) {
	a := m.amount
	wait := max(a.fills(float64(m.n)-m.left), time.Millisecond)
	return State{Policy: a.policy, Limit: a.burst, Remaining: max(0, int(m.left)), Reset: wait},
		&ExceededError{Limit: m.rule.name, Retry: wait, amount: a, asked: m.n}
}

// fills is how long so many tokens take to come.
func (a *amount) fills(tokens float64) time.Duration {
	return time.Duration(math.Ceil(max(0, tokens) / a.rate() * float64(time.Second)))
}

// A State is how full a bucket is, for headers.
type State struct {
	Policy           string // empty: there is none
	Limit, Remaining int
	Reset            time.Duration // until it is full, or, of one that refused, holds enough
}

// Before reports whether the bucket will be empty before another: less of it is
// left.
func (s State) Before(other State) bool {
	return s.Policy != "" && (other.Policy == "" || s.Remaining*other.Limit < other.Remaining*s.Limit)
}

// The headers of a state, as draft-ietf-httpapi-ratelimit-headers-06 has them,
// and gRPC's metadata. The policy also tells the limit's name and unit.
const (
	LimitHeader     = "ratelimit-limit"
	RemainingHeader = "ratelimit-remaining"
	ResetHeader     = "ratelimit-reset"
	PolicyHeader    = "ratelimit-policy"
)

// Headers calls set with each header of the state.
func (s State) Headers(set func(name, value string)) {
	if s.Policy == "" {
		return
	}
	set(LimitHeader, strconv.Itoa(s.Limit))
	set(RemainingHeader, strconv.Itoa(s.Remaining))
	set(ResetHeader, strconv.Itoa(int(math.Ceil(s.Reset.Seconds()))))
	set(PolicyHeader, s.Policy)
}

// An ExceededError says that a request is more than a limit lets through.
type ExceededError struct {
	Limit string        // its name
	Never bool          // whenever it is asked, because a full bucket holds less
	Retry time.Duration // when it would pass; 0 for never

	amount *amount
	asked  int
}

func (e *ExceededError) Error() string {
	a := e.amount
	if e.Never {
		return fmt.Sprintf("the request has %d %s, but the limit %s never lets through more than %d at once; send fewer in a request",
			e.asked, a.unit, e.Limit, a.burst)
	}
	return fmt.Sprintf("the limit %s of %d %s a %s is used up; retry in %v", e.Limit, a.each, a.unit, a.word, e.Retry.Round(time.Millisecond))
}

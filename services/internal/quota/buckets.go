package quota

import (
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxBuckets is how many buckets are kept, those used last: about 25 MB. One
// that is dropped and asked for again begins full, so that who can be many
// callers gets more by that; it is counted.
const maxBuckets = 1 << 16

// buckets are those of this process.
type buckets struct {
	all     *lru.Cache[key, *rate.Limiter]
	evicted atomic.Uint64
}

func newBuckets(most int) (*buckets, error) {
	b := &buckets{}
	var err error
	b.all, err = lru.NewWithEvict(most, func(key, *rate.Limiter) { b.evicted.Add(1) })
	return b, err
}

func (b *buckets) of(k key, a *amount) *rate.Limiter {
	if found, ok := b.all.Get(k); ok {
		return found
	}
	// A bucket outlives the request, whose memory it must not keep.
	k.method, k.name, k.group, k.model = strings.Clone(k.method), strings.Clone(k.name), strings.Clone(k.group), strings.Clone(k.model)
	made := rate.NewLimiter(rate.Limit(a.rate()), a.burst)
	if found, ok, _ := b.all.PeekOrAdd(k, made); ok {
		return found
	}
	return made
}

// follow takes what was decided elsewhere, as far as there is as much.
func (b *buckets) follow(now time.Time, meters []meter) {
	for i := range meters {
		b.of(meters[i].key, meters[i].amount).AllowN(now, meters[i].n)
	}
}

// take takes the tokens of all meters, or of none where one bucket has too few.
// It looks at all before it takes of any: who is refused pays nothing. Of calls
// at the same moment one may take of some buckets and then be refused by another.
func (b *buckets) take(now time.Time, meters []meter) (refused *meter) {
	for i := range meters {
		m := &meters[i]
		m.bucket = b.of(m.key, m.amount)
		m.left = m.bucket.TokensAt(now)
		if m.left < float64(m.n) {
			return m
		}
	}
	for i := range meters {
		m := &meters[i]
		if !m.bucket.AllowN(now, m.n) {
			m.left = m.bucket.TokensAt(now)
			return m
		}
		m.left -= float64(m.n)
	}
	return nil
}

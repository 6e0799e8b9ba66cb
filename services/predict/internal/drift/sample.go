package drift

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
)

// fullRate is the number of rows a second of one version of which each is
// looked at. Of rows beyond it a sample is: while a second's rows grow from the
// rate to twice as many, each with the probability 1/2, from there to four
// times as many 1/4, and so on; at 1,000 times the rate it is 6 times the rate
// that is looked at.
//
// A row that is looked at with the probability 1/2^k counts 2^k times. So the
// expectation of every counter is what it would be without sampling: the
// probability follows from how many rows came before, and how many with it,
// never from what is in them. What is sampled stands for at least the full
// rate's number of rows, so that a window of it is worth at least as many.
const fullRate = 500

// A sampler decides how many rows are looked at.
type sampler struct {
	second atomic.Int64
	seen   atomic.Int64 // rows in that second
}

// shift returns the k of n rows that come in a second. Where two requests begin
// a second at once, a few rows of the one may not be seen by the other.
func (s *sampler) shift(second int64, n int) uint {
	if last := s.second.Load(); last != second && s.second.CompareAndSwap(last, second) {
		s.seen.Store(0)
	}
	seen, k := s.seen.Add(int64(n)), uint(0)
	for seen > fullRate<<k {
		k++
	}
	return k
}

// rates are those of the exponential distributions whose whole numbers are
// distributed like the gaps between rows of which 1 in 2^k is picked.
var rates = func() (r [63]float64) {
	for k := range r {
		r[k] = -math.Log1p(-math.Ldexp(1, -k))
	}
	return r
}()

// A picker goes through rows and picks each with the probability 1/2^shift,
// independently of all others.
type picker struct {
	rows  int
	shift uint
	at    int
}

// next fills space with the next rows that are picked; with none at the end.
func (p *picker) next(space *[chunk]int32) []int32 {
	n := 0
	if p.shift == 0 {
		for ; n < chunk && p.at < p.rows; n++ {
			space[n] = int32(p.at)
			p.at++
		}
		return space[:n]
	}
	// How many rows are left out before the next one is distributed
	// geometrically: it is drawn at once, and nothing is done for each of them.
	rate := rates[p.shift]
	for n < chunk {
		gap := rand.ExpFloat64() / rate // #nosec G404 -- not a secret
		if gap >= float64(p.rows-p.at) {
			p.at = p.rows
			break
		}
		p.at += int(gap)
		space[n] = int32(p.at)
		n++
		p.at++
	}
	return space[:n]
}

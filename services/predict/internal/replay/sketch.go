package replay

import (
	"math"
	"slices"
)

// A sketch holds how a stream of numbers of at least 0 is distributed, in
// memory that does not grow with it: numbers are counted in buckets whose
// bounds grow by a factor, so that a quantile is within 1 % of the number.
type sketch struct {
	counts map[int]int
	zeros  int
	n      int
	max    float64
	sum    float64
}

const growth = 1.02 // the middle of a bucket is within 1 % of both its bounds

var logGrowth = math.Log(growth)

func (s *sketch) add(v float64) {
	if s.counts == nil {
		s.counts = map[int]int{}
	}
	s.n++
	s.sum += v
	s.max = max(s.max, v)
	if v == 0 {
		s.zeros++
		return
	}
	s.counts[int(math.Ceil(math.Log(v)/logGrowth))]++
}

// quantile is the number below or at which the share q of them is.
func (s *sketch) quantile(q float64) float64 {
	rank := int(math.Ceil(q*float64(s.n))) - s.zeros
	if rank <= 0 {
		return 0
	}
	buckets := make([]int, 0, len(s.counts))
	for b := range s.counts {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	for _, b := range buckets {
		if rank -= s.counts[b]; rank <= 0 {
			return min(s.max, 2*math.Pow(growth, float64(b))/(1+growth))
		}
	}
	return s.max
}

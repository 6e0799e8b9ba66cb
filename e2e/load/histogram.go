package main

import (
	"math/bits"
	"time"
)

// A histogram counts durations in buckets of microseconds that are at most a
// 32nd wide, so that a quantile is exact to 3 %. The greatest is kept apart.
type histogram struct {
	counts [64 * 32]int64
	total  int64
	most   time.Duration
}

func (h *histogram) add(d time.Duration) {
	h.most = max(h.most, d)
	h.total++
	h.counts[bucket(uint64(max(d.Microseconds(), 0)))]++
}

// bucket: below 64 one a microsecond, above 64 an octave less the lower half,
// which the octaves before have.
func bucket(us uint64) int {
	shift := max(bits.Len64(us)-6, 0)
	return min(shift*32+int(us>>shift), 64*32-1) //nolint:gosec // less than 64
}

// top is the greatest value of a bucket.
func top(b int) time.Duration {
	if b < 64 {
		return time.Duration(b) * time.Microsecond
	}
	shift := b/32 - 1
	return time.Duration((uint64(b-shift*32)+1)<<shift-1) * time.Microsecond //nolint:gosec // b is a bucket's
}

// quantile returns what a share q of the durations do not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(q * float64(h.total))
	for b, n := range h.counts {
		if rank -= n; rank < 0 {
			return min(top(b), h.most)
		}
	}
	return h.most
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func (h *histogram) quantiles() Quantiles {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Quantiles{ms(h.quantile(.5)), ms(h.quantile(.9)), ms(h.quantile(.99)), ms(h.quantile(.999)), ms(h.most)}
}

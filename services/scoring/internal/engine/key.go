package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A key is a number mapped to an integer of the same width that orders the
// same way: x <= t exactly where key(x) <= key(t). All splits become this one
// integer comparison. 0 and -0 have the same key. NaN becomes the least or the
// greatest integer, which lie beyond the keys of ±Inf, so that a missing value
// goes left or right by the same comparison.
type key interface{ int32 | int64 }

const (
	least32, greatest32 = math.MinInt32, math.MaxInt32
	least64, greatest64 = math.MinInt64, math.MaxInt64
)

func key32(x float32) int32 {
	if x == 0 {
		return 0
	}
	b := int32(math.Float32bits(x))
	return b ^ int32(uint32(b>>31)>>1)
}

func key64(x float64) int64 {
	if x == 0 {
		return 0
	}
	b := int64(math.Float64bits(x))
	return b ^ int64(uint64(b>>63)>>1)
}

// threshold32 is the greatest key that goes left. A float32 x is <= t exactly
// where it is <= the greatest float32 that is not above t, and < t exactly
// where its key is below that of the least float32 that is not below t.
func threshold32(t float64, c model.Comparison) int32 {
	f := float32(t)
	if c == model.Less {
		if float64(f) < t {
			f = math.Nextafter32(f, float32(math.Inf(1)))
		}
		return key32(f) - 1
	}
	if float64(f) > t {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return key32(f)
}

// threshold32in64 is threshold32 for float32 inputs with keys of 64 bits.
func threshold32in64(t float64, c model.Comparison) int64 {
	return key64(number32(threshold32(t, c)))
}

func threshold64(t float64, c model.Comparison) int64 {
	if c == model.Less {
		return key64(t) - 1
	}
	return key64(t)
}

// number32 is the greatest number whose key is <= k; NaN's keys have none. No
// number has the key -1, which would be that of -0.
func number32(k int32) float64 {
	if k == -1 {
		k--
	}
	return float64(math.Float32frombits(uint32(k ^ int32(uint32(k>>31)>>1))))
}

func number64(k int64) float64 {
	if k == -1 {
		k--
	}
	return math.Float64frombits(uint64(k ^ int64(uint64(k>>63)>>1)))
}

// A view is a column as some splits see it: one missing rule. Keys are written
// stride apart.
type view struct {
	column  model.Column
	missing model.Missing
}

// zero reports whether the rule takes x, not NaN, for missing.
func zero(x float64) bool { return math.Abs(x) <= model.ZeroThreshold }

func (v *view) keys32(x []float64, out []int32, stride int) {
	missing := int32(greatest32)
	switch v.missing {
	case model.MissingLeft, model.ZeroMissingLeft:
		missing = least32
	case model.MissingIsZero:
		missing = 0
	}
	zeroToo := v.missing >= model.ZeroMissingRight
	for row, x := range x {
		f := float32(x)
		k := key32(f)
		if f != f || zeroToo && zero(float64(f)) {
			k = missing
		}
		out[row*stride] = k
	}
}

func (v *view) keys64(x []float64, out []int64, stride int) {
	v.keys64of(x, out, stride, func(x float64) float64 { return x })
}

func (v *view) keys64of(x []float64, out []int64, stride int, round func(float64) float64) {
	missing := int64(greatest64)
	switch v.missing {
	case model.MissingLeft, model.ZeroMissingLeft:
		missing = least64
	case model.MissingIsZero:
		missing = 0
	}
	zeroToo := v.missing >= model.ZeroMissingRight
	for row, x := range x {
		x = round(x)
		k := key64(x)
		if x != x || zeroToo && zero(x) {
			k = missing
		}
		out[row*stride] = k
	}
}

func (v *view) keys32in64(x []float64, out []int64, stride int) {
	v.keys64of(x, out, stride, func(x float64) float64 { return float64(float32(x)) })
}

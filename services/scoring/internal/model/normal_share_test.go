package model

import (
	"math"
	"testing"
)

// TestNormalShare compares with scipy.stats.norm.cdf.
func TestNormalShare(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{
		{0, 0.5},
		{1, 0.8413447460685429},
		{-1.5, 0.06680720126885807},
		{-5.199337582605575, 9.999999977795507e-08},
		{5.199337582605575, 0.9999999000000003},
		{-12, 1.776482112077653e-33},
		{-40, 0},
		{math.Inf(1), 1},
		{math.Inf(-1), 0},
	} {
		if got := NormalShare(c.x); math.Abs(got-c.want) > 1e-15*c.want {
			t.Errorf("NormalShare(%v) = %v, want %v", c.x, got, c.want)
		}
	}
	if got := NormalShare(math.NaN()); !math.IsNaN(got) {
		t.Errorf("NormalShare(NaN) = %v", got)
	}
	// What QuantileTransformer clips to counts as the ends of the distribution on the way back, on either side.
	if low := NormalShare(normalQuantile(QuantileSlack - Spacing)); low-QuantileSlack >= 0 {
		t.Errorf("the least number counts as a share of %v", low)
	}
	if high := NormalShare(5.19933758270342); high+QuantileSlack <= 1 { // as scipy has it
		t.Errorf("the greatest number counts as a share of %v", high)
	}
}

package sklearn

import (
	"math"
	"testing"
)

// The expected values are correctly rounded (checked with Python's decimal).
func TestLogarithm(t *testing.T) {
	for _, test := range []struct{ x, want float64 }{
		{1, 0}, {0.5, -math.Ln2}, {2, math.Ln2}, {10, math.Ln10}, {math.E, 1},
		{0, math.Inf(-1)}, {-1, math.NaN()}, {math.Inf(1), math.Inf(1)},
	} {
		if got := log(test.x); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("log(%v) = %v, want %v", test.x, got, test.want)
		}
	}
	for _, test := range []struct{ x, want float64 }{
		{0, 1}, {1, math.E}, {-1.1, 0.33287108369807955}, {800, math.Inf(1)}, {-1000, 0},
	} {
		if got := exp(test.x); got != test.want {
			t.Errorf("exp(%v) = %v, want %v", test.x, got, test.want)
		}
	}
	for x := 1e-300; x < 1e300; x *= 1.7e7 {
		if got := exp(log(x)); math.Abs(got-x) > 1e-13*x {
			t.Errorf("exp(log(%v)) = %v", x, got)
		}
	}
}

package model

import (
	"math"
	"testing"
)

func TestFunctions(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		f       Func
		x, want float64
	}{
		{Log, 0, -inf}, {Log, -1, nan}, {Log1p, -1, -inf}, {Sqrt, -1, nan},
		{Log10, 1000, 3}, {Log10, 1e-5, -5}, {Log10, 0, -inf}, {Log10, inf, inf}, {Log10, nan, nan},
		{Reciprocal, 0, inf}, {Rint, 2.5, 2}, {Rint, -0.5, math.Copysign(0, -1)},
		{Sign, -3, -1}, {Sign, 0, 0}, {Sign, inf, 1}, {Sign, nan, nan},
		{Cbrt, -27, -3}, {Exp2, 10, 1024}, {Log2, 8, 3}, {Square, -3, 9}, {Negative, 1, -1},
	} {
		if got := test.f.Function()(test.x); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("function %d of %v: %v, want %v", test.f, test.x, got, test.want)
		}
	}
	for f, function := range functions {
		if function == nil {
			t.Errorf("function %d is missing", f)
		}
	}
}

// Numbers below 2^-1022 have a logarithm too: math.Log's code for amd64 takes them for 2^-1023.
func TestLogarithmsOfTheSmallestNumbers(t *testing.T) {
	for _, test := range []struct{ x, natural, decimal float64 }{
		{0x1p-1022, -708.3964185322641, -307.6526555685887},
		{0x1p-1023, -709.0895657128241, -307.95368556425274},
		{0x1.8p-1030, -713.5361308686355, -309.88480427484495},
		{5e-324, -744.4400719213812, -323.3062153431158},
	} {
		for f, want := range map[Func]float64{Log: test.natural, Log10: test.decimal} {
			if got := f.Function()(test.x); math.Abs(got-want) > 1e-12*math.Abs(want) {
				t.Errorf("function %d of %g is %v, want %v", f, test.x, got, want)
			}
		}
	}
}

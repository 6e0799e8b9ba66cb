package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// functions are numpy's elementwise functions by name.
var functions = [...]func(float64) float64{
	model.Identity:   func(x float64) float64 { return x },
	model.Log:        math.Log,
	model.Log1p:      math.Log1p,
	model.Log2:       math.Log2,
	model.Log10:      log10,
	model.Exp:        math.Exp,
	model.Expm1:      math.Expm1,
	model.Exp2:       math.Exp2,
	model.Sqrt:       math.Sqrt,
	model.Cbrt:       math.Cbrt,
	model.Square:     func(x float64) float64 { return x * x },
	model.Abs:        math.Abs,
	model.Negative:   func(x float64) float64 { return -x },
	model.Reciprocal: func(x float64) float64 { return 1 / x },
	model.Sin:        math.Sin,
	model.Cos:        math.Cos,
	model.Tan:        math.Tan,
	model.Tanh:       math.Tanh,
	model.Arcsinh:    math.Asinh,
	model.Sinh:       math.Sinh,
	model.Floor:      math.Floor,
	model.Ceil:       math.Ceil,
	model.Rint:       math.RoundToEven,
	model.Sign:       sign,
}

func function(f model.Func) func(float64) float64 { return functions[f] }

// log10 is exact at powers of ten, as the C library's is; math.Log10(1000) is
// less than 3.
func log10(x float64) float64 {
	y := math.Log10(x)
	if r := math.RoundToEven(y); r != y && math.Abs(y-r) < 1e-9 && math.Pow10(int(r)) == x {
		return r
	}
	return y
}

// sign is -1, 0 or 1, and NaN for NaN.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0
	}
	return x
}

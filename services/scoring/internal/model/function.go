package model

import "math"

// functions are numpy's elementwise functions by name.
var functions = [...]func(float64) float64{
	Identity:   func(x float64) float64 { return x },
	Log:        Ln,
	Log1p:      math.Log1p,
	Log2:       math.Log2,
	Log10:      log10,
	Exp:        math.Exp,
	Expm1:      math.Expm1,
	Exp2:       math.Exp2,
	Sqrt:       math.Sqrt,
	Cbrt:       math.Cbrt,
	Square:     func(x float64) float64 { return x * x },
	Abs:        math.Abs,
	Negative:   func(x float64) float64 { return -x },
	Reciprocal: func(x float64) float64 { return 1 / x },
	Sin:        math.Sin,
	Cos:        math.Cos,
	Tan:        math.Tan,
	Tanh:       math.Tanh,
	Arcsinh:    math.Asinh,
	Sinh:       math.Sinh,
	Floor:      math.Floor,
	Ceil:       math.Ceil,
	Rint:       math.RoundToEven,
	Sign:       sign,
	Trunc:      math.Trunc,
	Relu:       relu,
	Logistic:   func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },

	NormalQuantile: normalQuantile,
	Erf:            math.Erf,
}

// Function returns f as a function of one element.
func (f Func) Function() func(float64) float64 { return functions[f] }

// Ln is the natural logarithm. What math.Log has for amd64 is wrong for numbers below 2^-1022.
func Ln(x float64) float64 {
	if x > 0 && x < smallest {
		return math.Log(x*raise) - raised*math.Ln2
	}
	return math.Log(x)
}

const (
	smallest = 0x1p-1022 // of the numbers that have all their digits
	raised   = 54
	raise    = 1 << raised
)

// log10 is exact at powers of ten, as the C library's is; math.Log10(1000) is
// less than 3.
func log10(x float64) float64 {
	if x > 0 && x < smallest {
		return math.Log10(x*raise) - raised*(math.Ln2/math.Ln10)
	}
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

func relu(x float64) float64 {
	if x < 0 {
		return 0
	}
	return x
}

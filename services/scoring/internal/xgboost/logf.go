package xgboost

import "math"

// logf is the logf of the C library that XGBoost's wheels run on (glibc since
// 2.27, the algorithm and constants of ARM's optimized-routines, MIT licence).
// It differs from a correctly rounded logarithm in one of a thousand values,
// and a base score that differs by one bit would make every raw score differ.
//
// x is a positive, finite number.
func logf(x float32) float32 {
	const offset = 0x3f330000
	bits := math.Float32bits(x)
	if bits == 0x3f800000 {
		return 0
	}
	if bits < 0x00800000 { // subnormal
		bits = math.Float32bits(x*(1<<23)) - 23<<23
	}
	// x = 2^k·z, z between offset and twice that, in the i-th of 16 intervals.
	t := bits - offset
	i := t >> (23 - 4) % 16
	k := int32(t) >> 23 // #nosec G115 -- the exponent is signed
	z := float64(math.Float32frombits(bits - t&0xff800000))
	r := float64(z*logTable[i].inverse) - 1
	y0 := logTable[i].log + float64(float64(k)*0x1.62e42fefa39efp-1)
	r2 := r * r
	y := float64(0x1.5575b0be00b6ap-2*r) + -0x1.ffffef20a4123p-2
	y = float64(-0x1.00ea348b88334p-2*r2) + y
	return float32(float64(y*r2) + (y0 + r))
}

// logTable holds 1/c and log(c) for a c close to the middle of each interval.
var logTable = [16]struct{ inverse, log float64 }{
	{0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2},
	{0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
	{0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},
	{0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
	{0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3},
	{0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
	{0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4},
	{0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
	{0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5},
	{0x1p+0, 0x0p+0},
	{0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},
	{0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
	{0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},
	{0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
	{0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},
	{0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
}

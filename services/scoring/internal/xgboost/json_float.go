package xgboost

import "math"

// powers are those of ten that float64 has exactly.
var powers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// decimal32 is the float32 nearest to a number as XGBoost writes them: few
// digits and a small exponent. It is not ok for others, and for what is no
// number.
//
// Digits and power of ten are exact in float64, so that their product or
// quotient is rounded once. To round that again, to float32, errs only where it
// lies just between two of those: the number itself may not.
func decimal32(t []byte) (v float32, ok bool) {
	at, negative := 0, false
	if len(t) > 0 && t[0] == '-' {
		at, negative = 1, true
	}
	digits, count, exponent, point := uint64(0), 0, 0, false
	for ; at < len(t) && (t[at] == '.' || '0' <= t[at] && t[at] <= '9'); at++ {
		if t[at] == '.' {
			if point {
				return 0, false
			}
			point = true
			continue
		}
		digits, count = 10*digits+uint64(t[at]-'0'), count+1
		if point {
			exponent--
		}
	}
	if count == 0 || count > 15 { // 10¹⁵ < 2⁵³
		return 0, false
	}
	if at < len(t) {
		e, ok := exponentOf(t[at:])
		if !ok {
			return 0, false
		}
		exponent += e
	}
	x := float64(digits)
	switch {
	case exponent < 1-len(powers) || exponent >= len(powers):
		return 0, false
	case exponent < 0:
		x /= powers[-exponent]
	default:
		x *= powers[exponent]
	}
	const beyond = 29 // bits that float64 has and float32 has not
	between := math.Float64bits(x)&(1<<beyond-1) == 1<<(beyond-1)
	if between || x != 0 && x < 0x1p-126 || x > math.MaxFloat32 {
		return 0, false
	}
	if negative {
		x = -x
	}
	return float32(x), true
}

// exponentOf reads E-12.
func exponentOf(t []byte) (e int, ok bool) {
	if t[0] != 'E' && t[0] != 'e' {
		return 0, false
	}
	t = t[1:]
	sign := 1
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		if t[0] == '-' {
			sign = -1
		}
		t = t[1:]
	}
	if len(t) == 0 || len(t) > 2 {
		return 0, false
	}
	for _, b := range t {
		if b < '0' || b > '9' {
			return 0, false
		}
		e = 10*e + int(b-'0')
	}
	return sign * e, true
}

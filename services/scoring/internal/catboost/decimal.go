package catboost

import "math"

// decimals are one number, or a list of them, of a JSON document: as CatBoost
// reads them, which is not always the nearest float64. Its parser (RapidJSON,
// without full precision) takes some 17 digits as they are, rounding once if
// they are many, and multiplies with, or divides by, a power of ten.
type decimals []float64

// UnmarshalJSON implements json.Unmarshaler: text is valid JSON.
func (d *decimals) UnmarshalJSON(text []byte) error {
	*d = (*d)[:0]
	for len(text) > 0 {
		switch c := text[0]; {
		case c == '-' || c >= '0' && c <= '9':
			var x float64
			x, text = decimal(text)
			*d = append(*d, x)
		case c == '[' || c == ']' || c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n':
			text = text[1:]
		default:
			return failJSON("%q among numbers", text[:min(len(text), 20)])
		}
	}
	return nil
}

// decimal reads the number that a text begins with, and returns the rest.
func decimal(text []byte) (float64, []byte) {
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	var s significand
	for ; len(text) > 0 && digit(text[0]); text = text[1:] {
		s.whole(text[0] - '0')
	}
	scale, real := 0, false
	if len(text) > 0 && text[0] == '.' {
		real = true
		for text = text[1:]; len(text) > 0 && digit(text[0]); text = text[1:] {
			scale -= s.fraction(text[0] - '0')
		}
	}
	if len(text) > 0 && text[0]|0x20 == 'e' {
		var e int
		e, text = power(text[1:])
		scale, real = scale+e, true
	}
	x := s.value()
	if real {
		x = shift(x, scale)
	}
	if negative {
		x = -x
	}
	return x, text
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func power(text []byte) (e int, rest []byte) {
	negative := len(text) > 0 && text[0] == '-'
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	for ; len(text) > 0 && digit(text[0]); text = text[1:] {
		e = min(e*10+int(text[0]-'0'), 10000)
	}
	if negative {
		e = -e
	}
	return e, text
}

// A significand is the digits so far: a whole number while it has few, from
// then on a float64.
type significand struct {
	n      uint64
	x      float64
	rounds bool // x counts
	after  int  // digits after the first that is not zero
}

func (s *significand) value() float64 {
	if s.rounds {
		return s.x
	}
	return float64(s.n)
}

// whole takes a digit before the point.
func (s *significand) whole(d byte) {
	if s.n != 0 {
		s.after++
	}
	const most = math.MaxUint64 / 10
	if !s.rounds && (s.n > most || s.n == most && d > 5) {
		s.x, s.rounds = float64(s.n), true
	}
	if s.rounds {
		s.x = float64(s.x*10) + float64(d)
		return
	}
	s.n = s.n*10 + uint64(d)
}

// fraction takes a digit after the point, and returns by how many places that
// moves it.
func (s *significand) fraction(d byte) int {
	if !s.rounds && s.n <= 1<<53-1 {
		s.n = s.n*10 + uint64(d)
		if s.n != 0 {
			s.after++
		}
		return 1
	}
	if !s.rounds {
		s.x, s.rounds = float64(s.n), true
	}
	if s.after >= 17 {
		return 0
	}
	s.x = float64(s.x*10) + float64(d)
	if s.x > 0 {
		s.after++
	}
	return 1
}

// shift moves the point by powers of ten that a float64 holds.
func shift(x float64, places int) float64 {
	const most = 308
	switch {
	case places < -2*most:
		return 0
	case places < -most:
		return x / 1e308 / math.Pow10(-places-most)
	case places < 0:
		return x / math.Pow10(-places)
	default:
		return x * math.Pow10(min(places, most))
	}
}

// single is a single number as float32; 0 where it is absent.
func (d decimals) single() float32 {
	if len(d) == 0 {
		return 0
	}
	return float32(d[0])
}

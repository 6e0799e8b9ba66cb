package xgboost

import (
	"bytes"
	"math"
	"strconv"
)

// jsonSource reads XGBoost's JSON. It is JSON but for the numbers NaN,
// Infinity and -Infinity, which XGBoost writes and reads
// (src/common/json.cc, JsonReader::Parse).
type jsonSource struct{ cursor }

func newJSON(data []byte) *jsonSource {
	return &jsonSource{cursor{format: "XGBoost JSON", data: data}}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *jsonSource) peek() byte {
	for s.pos < len(s.data) {
		switch b := s.data[s.pos]; b {
		case ' ', '\n', '\t', '\r':
			s.pos++
		default:
			return b
		}
	}
	return 0
}

func (s *jsonSource) expect(b byte) error {
	if got := s.peek(); got != b {
		if s.pos >= len(s.data) {
			return s.fail("the file ends where %q is expected", b)
		}
		return s.fail("found %q where %q is expected", got, b)
	}
	s.pos++
	return nil
}

// next steps over the comma between elements; done at the closing bracket.
func (s *jsonSource) next(first bool, closing byte) (done bool, err error) {
	if s.peek() == closing {
		s.pos++
		return true, nil
	}
	if first {
		return false, nil
	}
	return false, s.expect(',')
}

func (s *jsonSource) object(member func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	for first := true; ; first = false {
		done, err := s.next(first, '}')
		if done || err != nil {
			return err
		}
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
	}
}

func (s *jsonSource) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	for first := true; ; first = false {
		done, err := s.next(first, ']')
		if done || err != nil {
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}

// token returns the characters of a number or a literal.
func (s *jsonSource) token() ([]byte, error) {
	s.peek()
	t := s.data[s.pos:]
	n := 0
	for n < len(t) && inToken[t[n]] {
		n++
	}
	if n == 0 {
		return nil, s.fail("a number is expected")
	}
	s.pos += n
	return t[:n], nil
}

// inToken are the characters of numbers and literals: a model is made of
// little else.
var inToken = func() (in [256]bool) {
	for b := range in {
		in[b] = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '.' || b == '-' || b == '+'
	}
	return in
}()

// float reads a number, rounded once to the given width.
func (s *jsonSource) float(bits int) (float64, error) {
	t, err := s.token()
	if err != nil {
		return 0, err
	}
	if bits == 32 {
		if v, ok := decimal32(t); ok {
			return float64(v), nil
		}
	}
	switch string(t) {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	if !numeric(t) {
		return 0, s.fail("%q is not a number", clip(t))
	}
	v, err := strconv.ParseFloat(string(t), bits)
	if err != nil {
		return 0, s.fail("%q is not a number of %d bits", clip(t), bits)
	}
	return v, nil
}

// numeric keeps out what strconv would take and JSON does not have: names,
// hexadecimal digits, a leading plus.
func numeric(t []byte) bool {
	for _, b := range t {
		if (b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E' {
			return false
		}
	}
	return t[0] != '+'
}

func clip(t []byte) []byte { return t[:min(len(t), 32)] }

func (s *jsonSource) integer() (int64, error) {
	t, err := s.token()
	if err != nil {
		return 0, err
	}
	if v, ok := short(t); ok {
		return v, nil
	}
	switch string(t) {
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	}
	v, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil {
		return 0, s.fail("%q is not an integer", clip(t))
	}
	return v, nil
}

// short is the value of a few digits, which most integers are.
func short(t []byte) (v int64, ok bool) {
	if len(t) > 9 {
		return 0, false
	}
	for _, b := range t {
		if b < '0' || b > '9' {
			return 0, false
		}
		v = 10*v + int64(b-'0')
	}
	return v, true
}

func (s *jsonSource) floats(into []float32) ([]float32, error) {
	into = into[:0]
	err := s.array(func() error {
		v, err := s.float(32)
		into = append(into, float32(v))
		return err
	})
	return into, err
}

func (s *jsonSource) ints(into []int32) ([]int32, error) {
	into = into[:0]
	if into, ok := s.fewDigits(into); ok {
		return into, nil
	}
	into = into[:0]
	err := s.array(func() error {
		v, err := s.integer()
		into = append(into, narrow(v))
		return err
	})
	return into, err
}

// fewDigits reads an array of integers of few digits without white space, as
// XGBoost writes them. It is not ok, and nothing is read, where there is
// anything else.
func (s *jsonSource) fewDigits(into []int32) ([]int32, bool) {
	if s.peek() != '[' {
		return into, false
	}
	t := s.data[s.pos+1:]
	for at := 0; ; at++ {
		sign := int32(1)
		if at < len(t) && t[at] == '-' {
			sign, at = -1, at+1
		}
		v, first := int32(0), at
		for at < len(t) && t[at] >= '0' && t[at] <= '9' {
			v = 10*v + int32(t[at]-'0')
			at++
		}
		if at == len(t) || at == first || at > first+9 {
			return into, false
		}
		into = append(into, sign*v)
		if t[at] == ']' {
			s.pos += at + 2
			return into, true
		}
		if t[at] != ',' {
			return into, false
		}
	}
}

func (s *jsonSource) numbers() ([]float64, error) {
	var all []float64
	err := s.array(func() error {
		v, err := s.float(64)
		all = append(all, v)
		return err
	})
	return all, err
}

func (s *jsonSource) floatsNext() bool { return s.peek() == '[' }

// skip steps over one value without reading it: only strings and brackets
// matter.
func (s *jsonSource) skip() error {
	var closing [maxNesting]byte
	depth := 0
	for {
		switch b := s.peek(); b {
		case 0:
			return s.fail("the file ends within a value")
		case '"':
			if err := s.skipText(); err != nil {
				return err
			}
		case '{', '[':
			if depth == maxNesting {
				return s.fail("values nest deeper than %d", maxNesting)
			}
			closing[depth] = b + 2 // '}' and ']' come two after
			depth++
			s.pos++
			continue
		case '}', ']':
			if depth == 0 || closing[depth-1] != b {
				return s.fail("a %q that closes nothing", b)
			}
			depth--
			s.pos++
		case ',', ':':
			if depth == 0 {
				return s.fail("a value is expected")
			}
			s.pos++
			continue
		default:
			if _, err := s.token(); err != nil {
				return err
			}
			if depth > 0 && closing[depth-1] == ']' {
				s.skipNumbers()
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// skipNumbers goes on towards the end of an array, unless there is more than
// numbers and literals: it looks ahead a bounded way, so that what is no array
// of numbers is not looked at again and again.
func (s *jsonSource) skipNumbers() {
	const ahead = 4 << 10
	rest := s.data[s.pos:min(len(s.data), s.pos+ahead)]
	if end := bytes.IndexByte(rest, ']'); end >= 0 {
		rest = rest[:end]
	}
	for _, b := range []byte(`"[{}`) {
		if bytes.IndexByte(rest, b) >= 0 {
			return
		}
	}
	s.pos += len(rest)
}

func (s *jsonSource) end() error {
	if s.peek(); s.pos < len(s.data) {
		return s.fail("there is data after the model")
	}
	return nil
}

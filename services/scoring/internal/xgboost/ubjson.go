package xgboost

import "encoding/binary"

// ubjSource reads XGBoost's UBJSON: big-endian; lengths are always an 'L' and
// eight bytes; keys are strings without their marker; arrays are typed
// ("[$d#L…"), counted ("[#L…") or closed by a bracket; 'd' is a float32
// (src/common/json.cc, UBJReader and UBJWriter).
type ubjSource struct{ cursor }

func newUBJ(data []byte) *ubjSource {
	return &ubjSource{cursor{format: "XGBoost UBJSON", data: data}}
}

// width is the size of a value of a numeric type, 0 for any other type.
func width(marker byte) int {
	switch marker {
	case 'i', 'U':
		return 1
	case 'I':
		return 2
	case 'l', 'd':
		return 4
	case 'L', 'D':
		return 8
	}
	return 0
}

// take returns the next n bytes.
func (s *ubjSource) take(n int) ([]byte, error) {
	if n < 0 || n > len(s.data)-s.pos {
		return nil, s.fail("%d bytes are announced, %d remain", n, len(s.data)-s.pos)
	}
	b := s.data[s.pos : s.pos+n]
	s.pos += n
	return b, nil
}

// marker reads a type marker; 'N' is a no-op, which may come before any value.
func (s *ubjSource) marker() (byte, error) {
	for {
		b, err := s.take(1)
		if err != nil {
			return 0, err
		}
		if b[0] != 'N' {
			return b[0], nil
		}
	}
}

func (s *ubjSource) expect(want byte) error {
	got, err := s.marker()
	if err == nil && got != want {
		s.pos--
		err = s.fail("found %q where %q is expected", got, want)
	}
	return err
}

// peek returns the next marker without taking it, 0 at the end.
func (s *ubjSource) peek() byte {
	for s.pos < len(s.data) && s.data[s.pos] == 'N' {
		s.pos++
	}
	if s.pos >= len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// count reads a length or a number of elements, of which each takes at least
// size bytes: more than the rest of the data can hold is refused before
// anything is allocated.
func (s *ubjSource) count(size int) (int, error) {
	if err := s.expect('L'); err != nil {
		return 0, err
	}
	b, err := s.take(8)
	if err != nil {
		return 0, err
	}
	n := int64(binary.BigEndian.Uint64(b)) // #nosec G115 -- the sign is checked below
	if rest := int64(len(s.data)-s.pos) / int64(size); n < 0 || n > rest {
		return 0, s.fail("%d elements are announced, at most %d fit", n, rest)
	}
	return int(n), nil
}

func (s *ubjSource) object(member func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	for s.peek() != '}' {
		n, err := s.count(1)
		if err != nil {
			return err
		}
		key, err := s.take(n)
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
	}
	s.pos++
	return nil
}

// header reads the start of an array: typ is the type of all elements or 0,
// n their number or -1 where a bracket closes the array.
func (s *ubjSource) header() (typ byte, n int, err error) {
	if err := s.expect('['); err != nil {
		return 0, 0, err
	}
	if s.peek() == '$' {
		s.pos++
		if typ, err = s.marker(); err != nil {
			return 0, 0, err
		}
		if width(typ) == 0 {
			return 0, 0, s.fail("an array of type %q", typ)
		}
	}
	if s.peek() != '#' {
		if typ != 0 {
			return 0, 0, s.fail("a typed array without a count")
		}
		return 0, -1, nil
	}
	s.pos++
	n, err = s.count(max(1, width(typ)))
	return typ, n, err
}

func (s *ubjSource) array(element func() error) error {
	typ, n, err := s.header()
	if err != nil {
		return err
	}
	if typ != 0 {
		return s.fail("an array of numbers where another is expected")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	for ; n != 0; n-- {
		if n < 0 && s.peek() == ']' {
			s.pos++
			return nil
		}
		if err := element(); err != nil {
			return err
		}
	}
	return nil
}

func (s *ubjSource) text() (string, error) {
	if err := s.expect('S'); err != nil {
		return "", err
	}
	n, err := s.count(1)
	if err != nil {
		return "", err
	}
	b, err := s.take(n)
	return string(b), err
}

func (s *ubjSource) integer() (int64, error) {
	typ, err := s.marker()
	if err != nil {
		return 0, err
	}
	switch typ {
	case 'T':
		return 1, nil
	case 'F':
		return 0, nil
	case 'd', 'D':
		s.pos--
		return 0, s.fail("a fraction where an integer is expected")
	}
	i, _, err := s.value(typ)
	return i, err
}

func (s *ubjSource) floatsNext() bool { return s.peek() == '[' }

func (s *ubjSource) skip() error {
	switch typ := s.peek(); typ {
	case 0:
		return s.fail("the file ends where a value is expected")
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		start := s.pos
		array, n, err := s.header()
		if err != nil {
			return err
		}
		if array != 0 {
			_, err = s.take(n * width(array))
			return err
		}
		s.pos = start
		return s.array(s.skip)
	case 'S':
		_, err := s.text()
		return err
	case 'Z', 'T', 'F':
		s.pos++
		return nil
	case 'C':
		s.pos++
		_, err := s.take(1)
		return err
	default:
		s.pos++
		_, _, err := s.value(typ)
		return err
	}
}

func (s *ubjSource) end() error {
	if s.peek(); s.pos < len(s.data) {
		return s.fail("there is data after the model")
	}
	return nil
}

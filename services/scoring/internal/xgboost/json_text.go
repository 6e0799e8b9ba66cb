package xgboost

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted returns the content of a string, unescaped; it may alias the data.
func (s *jsonSource) quoted() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	start := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '"':
			text := s.data[start:s.pos]
			s.pos++
			return text, nil
		case '\\':
			return s.escaped(append([]byte(nil), s.data[start:s.pos]...))
		}
		s.pos++
	}
	return nil, s.fail("the file ends within a string")
}

// escaped goes on with a string from its first backslash.
func (s *jsonSource) escaped(text []byte) ([]byte, error) {
	for s.pos < len(s.data) {
		b := s.data[s.pos]
		s.pos++
		switch b {
		case '"':
			return text, nil
		case '\\':
			if s.pos >= len(s.data) {
				return nil, s.fail("the file ends within a string")
			}
			b = s.data[s.pos]
			s.pos++
			switch b {
			case '"', '\\', '/':
				text = append(text, b)
			case 'b':
				text = append(text, '\b')
			case 'f':
				text = append(text, '\f')
			case 'n':
				text = append(text, '\n')
			case 'r':
				text = append(text, '\r')
			case 't':
				text = append(text, '\t')
			case 'u':
				r, err := s.codepoint()
				if err != nil {
					return nil, err
				}
				text = utf8.AppendRune(text, r)
			default:
				return nil, s.fail("unknown escape \\%c", b)
			}
		default:
			text = append(text, b)
		}
	}
	return nil, s.fail("the file ends within a string")
}

// codepoint reads the hexadecimal digits of a \u escape, and of its second
// half where it is a surrogate pair.
func (s *jsonSource) codepoint() (rune, error) {
	high, err := s.hex()
	if err != nil || !utf16.IsSurrogate(high) {
		return high, err
	}
	if !bytes.HasPrefix(s.data[s.pos:], []byte(`\u`)) {
		return utf8.RuneError, nil
	}
	s.pos += 2
	low, err := s.hex()
	return utf16.DecodeRune(high, low), err
}

func (s *jsonSource) hex() (rune, error) {
	if len(s.data)-s.pos < 4 {
		return 0, s.fail("the file ends within a string")
	}
	v, err := strconv.ParseUint(string(s.data[s.pos:s.pos+4]), 16, 32)
	if err != nil {
		return 0, s.fail("a \\u escape without four hexadecimal digits")
	}
	s.pos += 4
	return rune(v), nil
}

func (s *jsonSource) text() (string, error) {
	b, err := s.quoted()
	return string(b), err
}

func (s *jsonSource) skipText() error {
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case '"':
			s.pos++
			return nil
		case '\\':
			s.pos++
		}
	}
	return s.fail("the file ends within a string")
}

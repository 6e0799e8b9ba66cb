package lightgbm

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A scanner walks the lines of a model's text.
type scanner struct {
	data []byte
	pos  int // of the next line
	line int // start of the current line, for errors
}

func (s *scanner) fail(what string, args ...any) error {
	return &model.FormatError{Format: "LightGBM text", Offset: int64(s.line), What: fmt.Sprintf(what, args...)}
}

// next returns the next line without its end; false after the last one.
func (s *scanner) next() ([]byte, bool) {
	if s.pos >= len(s.data) {
		return nil, false
	}
	s.line = s.pos
	line := s.data[s.pos:]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
		s.pos++
	}
	s.pos += len(line)
	return bytes.TrimSuffix(line, []byte("\r")), true
}

// word cuts the first space-separated word off text.
func word(text []byte) (first, rest []byte) {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	if i := bytes.IndexByte(text, ' '); i >= 0 {
		return text[:i], text[i:]
	}
	return text, nil
}

// floats reads numbers, rounded to the nearest float64 as LightGBM reads them.
func (s *scanner) floats(key string, text []byte, into []float64) ([]float64, error) {
	into = into[:0]
	for {
		var w []byte
		if w, text = word(text); len(w) == 0 {
			return into, nil
		}
		v, err := strconv.ParseFloat(string(w), 64)
		if err != nil {
			return into, s.fail("%s: %.32q is not a number", key, w)
		}
		into = append(into, v)
	}
}

// ints reads integers from low to high.
func (s *scanner) ints(key string, text []byte, into []int32) ([]int32, error) {
	into = into[:0]
	for {
		var w []byte
		if w, text = word(text); len(w) == 0 {
			return into, nil
		}
		v, err := strconv.ParseInt(string(w), 10, 32)
		if err != nil {
			return into, s.fail("%s: %.32q is not an integer of 32 bits", key, w)
		}
		into = append(into, int32(v))
	}
}

// bits reads the words of category sets.
func (s *scanner) bits(key string, text []byte) ([]uint32, error) {
	var all []uint32
	for {
		var w []byte
		if w, text = word(text); len(w) == 0 {
			return all, nil
		}
		v, err := strconv.ParseUint(string(w), 10, 32)
		if err != nil {
			return all, s.fail("%s: %.32q is not a word of 32 bits", key, w)
		}
		all = append(all, uint32(v))
	}
}

// natural reads one number from 0 to most.
func (s *scanner) natural(key string, text []byte, most int) (int, error) {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > most {
		return 0, s.fail("%s: %.32q where a number from 0 to %d is expected", key, text, most)
	}
	return n, nil
}

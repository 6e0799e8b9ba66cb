package xgboost

import (
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A source pulls values out of one of the two encodings of the same document.
// The readers above it ask for the type they expect; another type, a value out
// of range or the end of the data is a [model.FormatError] with its place.
//
// Numbers are read in the width that XGBoost gives them: parsed as float32
// (rounded once, from the digits), never as float64 and then rounded.
type source interface {
	object(member func(key []byte) error) error // calls member with the source at the member's value
	array(element func() error) error
	text() (string, error)
	integer() (int64, error)
	floats(into []float32) ([]float32, error) // an array of numbers, into into[:0]
	ints(into []int32) ([]int32, error)       // an array of integers or bools; what does not fit is outside
	numbers() ([]float64, error)              // an array of numbers, unrounded
	floatsNext() bool                         // whether the next value is an array
	skip() error
	at() int
	seek(position int)
	end() error // nothing but white space follows
	reporter
}

// A reporter makes errors that tell the place in a file.
type reporter interface {
	fail(what string, args ...any) error
}

// outside stands for an integer that does not fit an int32: XGBoost writes
// such values in nodes it has deleted. It is no valid index of anything.
const outside = -1 << 31

// maxNesting is how deep values may nest; XGBoost's nest some ten deep.
const maxNesting = 64

// cursor is what the encodings share: the bytes and the place in them.
type cursor struct {
	format string
	data   []byte
	pos    int
	depth  int
}

func (c *cursor) at() int           { return c.pos }
func (c *cursor) seek(position int) { c.pos = position }

func (c *cursor) fail(what string, args ...any) error {
	return &model.FormatError{Format: c.format, Offset: int64(c.pos), What: fmt.Sprintf(what, args...)}
}

// enter counts a level of nesting, leave takes it back.
func (c *cursor) enter() error {
	if c.depth++; c.depth > maxNesting {
		return c.fail("values nest deeper than %d", maxNesting)
	}
	return nil
}

func (c *cursor) leave() { c.depth-- }

// narrow turns an integer into an index.
func narrow(i int64) int32 {
	if i < -1<<31 || i > 1<<31-1 {
		return outside
	}
	return int32(i)
}

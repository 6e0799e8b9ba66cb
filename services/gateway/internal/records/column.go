package records

import (
	"math"
	"slices"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// A kind is what the values of a column are.
type kind byte

const (
	none kind = iota // only nulls so far
	number
	text
	boolean
)

func (k kind) String() string {
	return [...]string{"null", "a number", "a string", "a boolean"}[k]
}

// A column holds one field of every row so far. It owns the messages that it
// becomes, so that a request allocates none.
type column struct {
	name    string
	kind    kind
	decided int // the row whose value decided the kind
	rows    int // how many rows have a value or are known to miss it

	numbers  []float64
	strings  []string
	booleans []bool
	missing  []uint32

	message      predictv1.Column
	numberValues predictv1.Column_Numbers
	stringValues predictv1.Column_Strings
	boolValues   predictv1.Column_Booleans
}

func newColumn() *column {
	c := &column{}
	c.numberValues.Numbers = &predictv1.Numbers{}
	c.stringValues.Strings = &predictv1.Strings{}
	c.boolValues.Booleans = &predictv1.Booleans{}
	return c
}

// reset makes the column empty. Its strings would keep an earlier text's
// alive, but for those that the batch remembers anyway.
func (c *column) reset(name []byte) {
	if c.name != string(name) {
		c.name = string(name)
	}
	clear(c.strings)
	c.kind, c.rows, c.decided = none, 0, 0
	c.numbers, c.strings, c.booleans, c.missing = c.numbers[:0], c.strings[:0], c.booleans[:0], c.missing[:0]
}

// pad marks the value as missing in every row up to rows.
func (c *column) pad(rows int) {
	if c.kind != number { // where NaN says it
		c.missing = slices.Grow(c.missing, rows-c.rows)
		for row := c.rows; row < rows; row++ {
			c.missing = append(c.missing, uint32(row)) // at most Limits.Rows
		}
	}
	c.blank(rows - c.rows)
	c.rows = rows
}

// blank adds n values that stand where the value is missing.
func (c *column) blank(n int) {
	switch c.kind {
	case number:
		for range n {
			c.numbers = append(c.numbers, math.NaN())
		}
	case text:
		c.strings = append(c.strings, make([]string, n)...)
	case boolean:
		c.booleans = append(c.booleans, make([]bool, n)...)
	}
}

// start says of what kind the value of a row is. It reports false when an
// earlier one was of another.
func (c *column) start(k kind, row int) bool {
	if c.rows < row {
		c.pad(row)
	}
	if c.kind == none {
		c.kind, c.decided = k, row
		c.blank(row)
		if k == number {
			c.missing = c.missing[:0]
		}
	}
	return c.kind == k
}

// fill returns the column as a message.
func (c *column) fill() *predictv1.Column {
	c.message.Name, c.message.Missing, c.message.Values = c.name, c.missing, nil
	switch c.kind {
	case number:
		c.numberValues.Numbers.Values = c.numbers
		c.message.Values = &c.numberValues
	case text:
		c.stringValues.Strings.Values = c.strings
		c.message.Values = &c.stringValues
	case boolean:
		c.boolValues.Booleans.Values = c.booleans
		c.message.Values = &c.boolValues
	}
	return &c.message
}

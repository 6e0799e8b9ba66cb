package bitslice

import (
	"math"
	"math/bits"
)

// MaxThresholds is the greatest number of thresholds of a column: a code is a
// byte.
const MaxThresholds = 255

// Thresholds are those of one column.
type Thresholds struct {
	Values  []float64 // sorted, at most MaxThresholds
	Missing float64   // what NaN counts as
}

// Columns turn values into codes: the number of a column's thresholds that lie
// below the value. They are immutable.
//
// A column's thresholds stand in breadth-first order: place h has the children
// 2h and 2h+1, and the code is where a descent from place 1 arrives.
type Columns struct {
	single  bool      // values are rounded to float32, and the thresholds are
	table32 []float32 // the columns, one after another; one of the two
	table64 []float64
	columns []column
	lanes32 []uint32 // for CodeRow, by groups of columns
	lanes64 []uint64
}

type column struct {
	base    int // of its places in the table
	levels  int
	missing float64
}

// minLevels is the number of levels that the assembly never asks about.
const minLevels = 4

// NewColumns makes columns. With single, values are rounded to float32 before
// they are compared, and the thresholds must be float32.
func NewColumns(thresholds []Thresholds, single bool) *Columns {
	c := &Columns{single: single}
	for _, t := range thresholds {
		levels := max(minLevels, bits.Len(uint(len(t.Values))))
		c.columns = append(c.columns, column{base: len(c.table32) + len(c.table64), levels: levels, missing: t.Missing})
		if single {
			c.table32 = append(c.table32, breadthFirst[float32](t.Values, levels)...)
		} else {
			c.table64 = append(c.table64, breadthFirst[float64](t.Values, levels)...)
		}
	}
	c.layLanes()
	return c
}

// breadthFirst fills up with +Inf, which no value is above.
func breadthFirst[T float32 | float64](sorted []float64, levels int) []T {
	table := make([]T, 1<<levels)
	for level := range levels {
		step := 1 << (levels - level) // between the places of a level, in the sorted order
		for i := range 1 << level {
			v := T(math.Inf(1))
			if at := step/2 - 1 + i*step; at < len(sorted) {
				v = T(sorted[at])
			}
			table[1<<level+i] = v
		}
	}
	return table
}

// Len is the number of columns.
func (c *Columns) Len() int { return len(c.columns) }

// Code writes the codes of at most Rows values of one column.
func (c *Columns) Code(i int, x []float64, codes *[Rows]uint8) {
	const step = 16
	whole := len(x) &^ (step - 1)
	if whole > 0 {
		c.code(&c.columns[i], x[:whole], codes[:whole])
	}
	if whole < len(x) {
		var rest [step]float64
		var code [step]uint8
		n := copy(rest[:], x[whole:])
		c.code(&c.columns[i], rest[:], code[:])
		copy(codes[whole:], code[:n])
	}
}

// RowColumns is the number of values and codes that CodeRow works on: columns
// come in whole groups.
func (c *Columns) RowColumns() int { return (len(c.columns) + rowGroup - 1) / rowGroup * rowGroup }

// rowGroup is the number of columns of a group, or twice that where values are
// not single.
const rowGroup = 16

// layLanes describes the columns of each group as the assembly reads them: the
// lanes that are still descending, level by level, then for every lane what
// NaN counts as, its column's base and the place where code 0 is.
func (c *Columns) layLanes() {
	if c.single {
		c.lanes32 = make([]uint32, c.RowColumns()/16*lanes32)
	} else {
		c.lanes64 = make([]uint64, c.RowColumns()/8*lanes64)
	}
	for i := range c.RowColumns() {
		of := column{}
		if i < len(c.columns) {
			of = c.columns[i]
		}
		if c.single {
			group, lane := c.lanes32[i/16*lanes32:], i%16
			for level := range of.levels {
				group[level/2] |= 1 << (lane + level%2*16)
			}
			group[4+lane] = math.Float32bits(float32(of.missing))
			group[20+lane] = uint32(of.base)
			group[36+lane] = 1 << of.levels
		} else {
			group, lane := c.lanes64[i/8*lanes64:], i%8
			for level := range of.levels {
				group[level/4] |= 1 << (lane + level%4*16)
			}
			group[2+lane] = math.Float64bits(of.missing)
			group[10+lane] = uint64(of.base)
			group[18+lane] = 1 << of.levels
		}
	}
}

// The sizes of a group in lanes32 and lanes64.
const (
	lanes32 = 4 + 3*16
	lanes64 = 2 + 3*8
)

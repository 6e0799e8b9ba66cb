package bitslice

import (
	"math"
	"math/bits"
)

// MaxThresholds is the greatest number of thresholds of a column: a code is a
// byte.
const MaxThresholds = 255

// A Column turns values into codes: the number of thresholds below a value.
// The thresholds stand in breadth-first order: place h has the children 2h and
// 2h+1, and the code is where a descent from place 1 arrives.
type Column struct {
	levels  int
	missing float64 // what NaN counts as
	single  []float32
	double  []float64
}

// minLevels is the number of levels that the assembly never asks about.
const minLevels = 4

// NewColumn makes a column of at most MaxThresholds thresholds, sorted. With
// single, values are rounded to float32 first, and the thresholds are float32.
// NaN counts as missing.
func NewColumn(thresholds []float64, single bool, missing float64) Column {
	c := Column{levels: max(minLevels, bits.Len(uint(len(thresholds)))), missing: missing}
	if single {
		c.single = breadthFirst[float32](thresholds, c.levels)
	} else {
		c.double = breadthFirst[float64](thresholds, c.levels)
	}
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

// Code writes the codes of at most Rows values.
func (c *Column) Code(x []float64, codes *[Rows]uint8) {
	const step = 16
	whole := len(x) &^ (step - 1)
	if whole > 0 {
		c.code(x[:whole], codes[:whole])
	}
	if whole < len(x) {
		var rest [step]float64
		var code [step]uint8
		n := copy(rest[:], x[whole:])
		c.code(rest[:], code[:])
		copy(codes[whole:], code[:n])
	}
}

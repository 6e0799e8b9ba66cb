package bitslice

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
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
// Thresholds and values become integers that order as the numbers do. A
// column's table begins with up to 15 separators: the last keys of all blocks
// but the last. Then come the blocks, of 16 keys but for the last. A code is
// found in two steps, how many separators lie below the value, and how many
// keys do of the block that this tells. Both are filled up to 16, in
// breadth-first order: place p has the children 2p and 2p+1. A row's values are
// compared with all 16 at once, a column's descend from place 1.
type Columns struct {
	use       kernels
	single    bool    // values are rounded to float32, and the thresholds are
	tables32  []int32 // the columns, one after another; one of the two
	tables64  []int64
	places    []uint32 // where a column's table begins, and the last one's ends
	missing32 []int32  // the key that NaN counts as; one of the two
	missing64 []int64
	len       int
}

const (
	counted  = 16 // keys, by one count
	together = 16 // values of a column
	// Abreast is how many values of a row are coded at a time.
	Abreast = 8
)

// NewColumns makes columns. With single, values are rounded to float32 before
// they are compared, and the thresholds must be float32.
func NewColumns(thresholds []Thresholds, single bool, use instructions.Set) *Columns {
	c := &Columns{use: kernels(use), single: single, len: len(thresholds)}
	thresholds = append(slices.Clip(thresholds), make([]Thresholds, c.RowColumns()-c.len)...)
	for _, t := range thresholds {
		c.places = append(c.places, uint32(len(c.tables32)+len(c.tables64)))
		if single {
			c.tables32 = appendTable(c.tables32, t.Values, key32)
			c.missing32 = append(c.missing32, key32(t.Missing))
		} else {
			c.tables64 = appendTable(c.tables64, t.Values, key64)
			c.missing64 = append(c.missing64, key64(t.Missing))
		}
	}
	c.places = append(c.places, uint32(len(c.tables32)+len(c.tables64)))
	return c
}

func appendTable[K int32 | int64](tables []K, sorted []float64, key func(float64) K) []K {
	var blocks [][]K
	for part := range slices.Chunk(sorted, counted) {
		var keys []K
		for _, v := range part {
			keys = append(keys, key(v))
		}
		blocks = append(blocks, keys)
	}
	if len(sorted)%counted == 0 {
		blocks = append(blocks, nil) // for values above all thresholds
	}
	var separators []K
	for _, b := range blocks[:len(blocks)-1] {
		separators = append(separators, b[counted-1])
	}
	infinity := key(math.Inf(1))
	tables = appendPlaces(tables, separators, infinity)
	for _, b := range blocks {
		tables = appendPlaces(tables, b, infinity)
	}
	return tables
}

// appendPlaces lays out at most 15 keys, and at place 0 a 16th, which is below
// no value that comes here. It fills up with the key of infinity, which is not
// either.
func appendPlaces[K int32 | int64](tables []K, sorted []K, infinity K) []K {
	sorted = append(slices.Clip(sorted), slices.Repeat([]K{infinity}, counted-len(sorted))...)
	tables = append(tables, sorted[counted-1])
	for step := counted; step > 1; step /= 2 { // between the keys of a level
		for i := step/2 - 1; i < counted-1; i += step {
			tables = append(tables, sorted[i])
		}
	}
	return tables
}

// key32 orders as float32 does. -0 has a key of its own, below that of 0 and
// above all others: no threshold has it, so that it makes no difference.
func key32(x float64) int32 {
	b := int32(math.Float32bits(float32(x) + 0))
	return b ^ int32(uint32(b>>31)>>1)
}

func key64(x float64) int64 {
	b := int64(math.Float64bits(x + 0))
	return b ^ int64(uint64(b>>63)>>1)
}

// Len is the number of columns.
func (c *Columns) Len() int { return c.len }

// Code writes the codes of at most Rows values of one column.
func (c *Columns) Code(i int, x []float64, codes *[Rows]uint8) {
	whole := len(x) &^ (together - 1)
	if whole > 0 {
		c.code(i, x[:whole], codes[:whole])
	}
	if whole < len(x) {
		var rest [together]float64
		var code [together]uint8
		n := copy(rest[:], x[whole:])
		c.code(i, rest[:], code[:])
		copy(codes[whole:], code[:n])
	}
}

// code finds the codes of a multiple of together values, more than none.
func (c *Columns) code(i int, x []float64, codes []uint8) {
	if c.single {
		missing := filled(c.missing32[i])
		c.use.spread32(c.tables32[c.places[i]:c.places[i+1]], x, &missing, codes)
	} else {
		missing := filled(c.missing64[i])
		c.use.spread64(c.tables64[c.places[i]:c.places[i+1]], x, &missing, codes)
	}
}

func filled[K any](k K) [Abreast]K { return [Abreast]K{k, k, k, k, k, k, k, k} }

// RowColumns is the number of values and codes that CodeRow works on.
func (c *Columns) RowColumns() int { return (c.len + Abreast - 1) / Abreast * Abreast }

// CodeRow writes the codes of one row, of RowColumns values.
func (c *Columns) CodeRow(x []float64, codes []uint8) {
	n := c.RowColumns()
	switch {
	case n == 0:
	case c.single:
		c.use.search32(c.tables32, x[:n], c.places[:n], c.missing32, codes[:n])
	default:
		c.use.search64(c.tables64, x[:n], c.places[:n], c.missing64, codes[:n])
	}
}

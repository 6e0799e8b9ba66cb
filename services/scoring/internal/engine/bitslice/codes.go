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
// column's table begins with up to 15 separators, filled up to 16: the last
// keys of all blocks but the last. Then come the blocks of 16 keys, the last of
// them filled up. A code is found by counting twice, among the separators and
// in the block that they tell.
type Columns struct {
	use       kernels
	single    bool    // values are rounded to float32, and the thresholds are
	tables32  []int32 // the columns, one after another; one of the two
	tables64  []int64
	places    []uint32 // where a column's table begins
	missing32 []int32  // the key that NaN counts as; one of the two
	missing64 []int64
	len       int
}

const (
	counted  = 16 // keys, by one count
	together = 8  // values; a row's columns are filled up to a multiple
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
	return c
}

// appendTable fills up with the key of +Inf, which no value is above.
func appendTable[K int32 | int64](tables []K, sorted []float64, key func(float64) K) []K {
	infinity := key(math.Inf(1))
	blocks := len(sorted)/counted + 1
	for i := range counted {
		separator := infinity
		if i < blocks-1 {
			separator = key(sorted[i*counted+counted-1])
		}
		tables = append(tables, separator)
	}
	for _, v := range sorted {
		tables = append(tables, key(v))
	}
	return append(tables, slices.Repeat([]K{infinity}, blocks*counted-len(sorted))...)
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
		c.use.search32(c.tables32, x, c.places[i:i+1], missing[:], codes)
	} else {
		missing := filled(c.missing64[i])
		c.use.search64(c.tables64, x, c.places[i:i+1], missing[:], codes)
	}
}

func filled[K any](k K) [together]K { return [together]K{k, k, k, k, k, k, k, k} }

// RowColumns is the number of values and codes that CodeRow works on.
func (c *Columns) RowColumns() int { return (c.len + together - 1) / together * together }

// CodeRow writes the codes of one row, of RowColumns values.
func (c *Columns) CodeRow(x []float64, codes []uint8) {
	n := c.RowColumns()
	switch {
	case n == 0:
	case c.single:
		c.use.search32(c.tables32, x[:n], c.places, c.missing32, codes[:n])
	default:
		c.use.search64(c.tables64, x[:n], c.places, c.missing64, codes[:n])
	}
}

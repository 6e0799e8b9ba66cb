package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// A reader reads one row's values for columns of codes.
type reader struct {
	from    []model.Column // by column of codes
	odd     []oddColumn    // those of which the value is not what stands there
	input32 bool
	inPlace bool // a block's values of one row are those to read
}

type oddColumn struct {
	at          int32
	hot         hotColumn
	zeroMissing bool
}

func newReader(columns []slicedColumn, hot []hotColumn, input32 bool) reader {
	r := reader{input32: input32, inPlace: true}
	for i := range columns {
		c := &columns[i]
		r.from = append(r.from, c.from)
		r.inPlace = r.inPlace && int(c.from) == i
		if h := hot[c.from]; h.group >= 0 || c.zeroMissing {
			r.odd = append(r.odd, oddColumn{int32(i), h, c.zeroMissing})
		}
	}
	r.inPlace = r.inPlace && r.odd == nil
	return r
}

// read returns the values of a row, and as many as x has: in x, unless they stand
// together already.
func (r *reader) read(b *Block, row int, x []float64) []float64 {
	if r.inPlace && b.rows == 1 && cap(b.values) >= len(x) {
		return b.values[:len(x)]
	}
	for i, c := range r.from {
		x[i] = b.values[int(c)*b.rows+row]
	}
	for i := range r.odd {
		c := &r.odd[i]
		v := x[c.at]
		if c.hot.group >= 0 {
			v = float64(one(b.slots[int(c.hot.group)*b.rows+row] == c.hot.slot))
		}
		if c.zeroMissing {
			if r.input32 {
				v = float64(float32(v))
			}
			v = missingZero(v)
		}
		x[c.at] = v
	}
	return x
}

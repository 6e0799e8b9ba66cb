package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// sliced is an ensemble of small trees for many rows.
type sliced struct {
	forest  *bitslice.Forest
	numbers *bitslice.Columns
	columns []slicedColumn // of codes: the numbers first
	ones    stands[uint8]  // the codes that stand for the 1 of one-hot columns
	base    []float64
	input32 bool
}

// A slicedColumn is a column of codes: of a view, or a part of one that has too
// many thresholds, or of categories.
type slicedColumn struct {
	from        model.Column
	zeroMissing bool
	categories  *classifier // nil: numbers
	hot         bool        // one-hot: the code is zero, or that of sliced.ones
	zero        uint8
}

// newSliced returns nil where the ensemble is not for bit-slicing: it has a
// tree of too many leaves, linear leaves, too many categories, or splits
// that codes cannot stand for.
func newSliced[K key](p *slicer[K], hot []hotColumn) *sliced {
	e := p.from
	if !sliceable(e) {
		return nil
	}
	s := &sliced{base: slices.Clone(e.Base), input32: e.Input == model.F32}
	s.columns, s.numbers = p.columns()
	s.standIn(hot)
	p.placeAll()
	p.collect()
	for _, k := range p.kinds {
		c, ok := p.classify(k)
		if !ok {
			return nil
		}
		p.classes[k].column = len(s.columns)
		s.columns = append(s.columns, c)
	}
	if len(s.columns) > bitslice.MaxColumns {
		return nil
	}
	trees := make([]bitslice.Tree, len(e.Trees))
	for i := range e.Trees {
		splits := p.splits(i)
		leaves := renumber(splits, e.Trees[i].Leaves)
		trees[i] = bitslice.Tree{Splits: splits, Score: int(e.Trees[i].Score), Leaves: leaves}
	}
	if s.forest = bitslice.New(trees, len(e.Base), e.Sum == model.F32, p.use); s.forest == nil {
		return nil
	}
	return s
}

// standIn finds the codes of one-hot columns.
func (s *sliced) standIn(hot []hotColumn) {
	for i := range s.columns {
		c := &s.columns[i]
		h := hot[c.from]
		if h.group < 0 {
			continue
		}
		x := []float64{0, 1}
		if c.zeroMissing {
			x[0] = nan
		}
		var codes [bitslice.Rows]uint8
		s.numbers.Code(i, x, &codes)
		c.hot, c.zero = true, codes[0]
		s.ones.add(h, int32(i), codes[1])
	}
}

func sliceable(e *model.Ensemble) bool {
	for i := range e.Trees {
		t := &e.Trees[i]
		if len(t.Nodes) >= bitslice.MaxLeaves || t.Linear != nil {
			return false
		}
		for j := range t.Nodes {
			if n := &t.Nodes[j]; n.Set < 0 && !codable(n) {
				return false
			}
		}
	}
	return true
}

// codable reports whether codes can stand for a numeric split. None tells an
// infinite value from a missing one that goes right; minus infinity has nothing
// below it.
func codable(n *model.Node) bool {
	right := n.Missing == model.MissingRight || n.Missing == model.ZeroMissingRight
	return n.Set < 0 && !math.IsInf(n.Threshold, -1) && !(math.IsInf(n.Threshold, 1) && right)
}

// withoutInfinite returns the ensemble with tests of categories, of which there
// are none, in place of splits that send all but missing values left: LightGBM
// makes them. One-hot columns keep theirs: they are not written for such tests.
func withoutInfinite(e *model.Ensemble, hot []hotColumn) *model.Ensemble {
	infinite := func(n *model.Node) bool {
		return n.Set < 0 && n.Missing == model.MissingRight && math.IsInf(n.Threshold, 1) &&
			e.Compare == model.LessOrEqual && hot[e.In[n.Feature]].group < 0
	}
	out := *e
	out.Trees = slices.Clone(e.Trees)
	set := int32(-1)
	for i := range out.Trees {
		t := &out.Trees[i]
		if !slices.ContainsFunc(t.Nodes, func(n model.Node) bool { return infinite(&n) }) {
			continue
		}
		if set < 0 {
			set = int32(len(e.Sets))
			out.Sets = append(slices.Clip(e.Sets), model.Set{Others: model.MissingLeft})
		}
		t.Nodes = slices.Clone(t.Nodes)
		for j := range t.Nodes {
			if n := &t.Nodes[j]; infinite(n) {
				n.Set, n.Threshold = set, 0
			}
		}
	}
	return &out
}

// slicedScratch is what a block of rows needs on its way through sliced trees.
type slicedScratch struct {
	block *bitslice.Block
	x     [bitslice.Rows]float64
}

func (s *sliced) score(b *Block, scratch *slicedScratch) {
	if scratch.block == nil {
		scratch.block = s.forest.NewBlock()
	}
	for i := range s.columns {
		s.code(i, b, scratch, scratch.block.Codes(i))
	}
	s.ones.each(b, func(row int, one stand[uint8]) { scratch.block.Codes(int(one.at))[row] = one.value })
	scratch.block.Score(b.rows, s.base, b.scores)
}

// code writes a column's codes of the rows of b.
func (s *sliced) code(i int, b *Block, scratch *slicedScratch, codes *[bitslice.Rows]uint8) {
	c := &s.columns[i]
	if c.hot {
		fill(codes[:b.rows], c.zero)
		return
	}
	x := b.column(c.from)
	switch {
	case c.categories != nil:
		if s.input32 {
			x = convert(x, scratch.x[:], func(v float64) float64 { return float64(float32(v)) })
		}
		c.categories.code(x, codes)
		return
	case c.zeroMissing && s.input32:
		x = convert(x, scratch.x[:], func(v float64) float64 { return missingZero(float64(float32(v))) })
	case c.zeroMissing:
		x = convert(x, scratch.x[:], missingZero)
	}
	s.numbers.Code(i, x, codes)
}

func fill(codes []uint8, code uint8) {
	if clear(codes); code == 0 {
		return
	}
	for i := range codes {
		codes[i] = code
	}
}

func convert(x, out []float64, f func(float64) float64) []float64 {
	for i, v := range x {
		out[i] = f(v)
	}
	return out[:len(x)]
}

func missingZero(x float64) float64 {
	if zero(x) {
		return nan
	}
	return x
}

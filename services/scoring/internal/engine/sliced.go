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
func newSliced[K key](e *model.Ensemble, w *width[K], i Instructions, hot []hotColumn) *sliced {
	if !sliceable(e) {
		return nil
	}
	p := newSlicer(e, w, i)
	s := &sliced{base: slices.Clone(e.Base), input32: e.Input == model.F32}
	s.columns, s.numbers = p.columns()
	s.standIn(hot)
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
		splits := p.splits(&e.Trees[i])
		leaves := renumber(splits, e.Trees[i].Leaves)
		trees[i] = bitslice.Tree{Splits: splits, Score: int(e.Trees[i].Score), Leaves: leaves}
	}
	if s.forest = bitslice.New(trees, len(e.Base), e.Sum == model.F32, i); s.forest == nil {
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
			if n := &t.Nodes[j]; n.Set < 0 && !coded(n) {
				return false
			}
		}
	}
	return true
}

// coded reports whether codes can stand for a numeric split: no code tells an
// infinite value from a missing one.
func coded(n *model.Node) bool { return n.Set < 0 && !math.IsInf(n.Threshold, 0) }

// A slicer numbers an ensemble's thresholds.
type slicer[K key] struct {
	from       *model.Ensemble
	width      *width[K]
	use        Instructions
	views      []view       // in the order in which they were met
	thresholds map[view][]K // sorted, each once
	first      map[view]int // column of the view's first thresholds

	// only, where not nil, are the nodes of each tree that count.
	only [][]int32

	kinds   []setKind // in the order in which they were met
	classes map[setKind]*classes
}

func newSlicer[K key](e *model.Ensemble, w *width[K], i Instructions) *slicer[K] {
	return &slicer[K]{from: e, width: w, use: i, thresholds: map[view][]K{}, first: map[view]int{}, classes: map[setKind]*classes{}}
}

// numeric calls f with every numeric split that counts.
func (p *slicer[K]) numeric(f func(*model.Node)) {
	for i := range p.from.Trees {
		nodes := p.from.Trees[i].Nodes
		if p.only != nil {
			for _, at := range p.only[i] {
				f(&nodes[at])
			}
			continue
		}
		for j := range nodes {
			if nodes[j].Set < 0 {
				f(&nodes[j])
			}
		}
	}
}

func (p *slicer[K]) view(n *model.Node) view { return view{p.from.In[n.Feature], n.Missing} }

func (p *slicer[K]) threshold(n *model.Node) K {
	return p.width.threshold(n.Threshold, p.from.Compare)
}

func (p *slicer[K]) columns() (columns []slicedColumn, numbers *bitslice.Columns) {
	p.numeric(func(n *model.Node) {
		v := p.view(n)
		if p.thresholds[v] == nil {
			p.views = append(p.views, v)
		}
		p.thresholds[v] = append(p.thresholds[v], p.threshold(n))
	})
	var thresholds []bitslice.Thresholds
	for _, v := range p.views {
		keys := p.thresholds[v]
		slices.Sort(keys)
		keys = slices.Compact(keys)
		p.thresholds[v], p.first[v] = keys, len(columns)
		for part := range slices.Chunk(keys, bitslice.MaxThresholds) {
			columns = append(columns, slicedColumn{from: v.column, zeroMissing: v.missing >= model.ZeroMissingRight})
			thresholds = append(thresholds, p.column(v, part))
		}
	}
	return columns, bitslice.NewColumns(thresholds, p.from.Input == model.F32, p.use)
}

func (p *slicer[K]) column(v view, keys []K) bitslice.Thresholds {
	t := bitslice.Thresholds{Missing: math.Inf(1)}
	for _, k := range keys {
		t.Values = append(t.Values, p.width.number(k))
	}
	switch v.missing {
	case model.MissingLeft, model.ZeroMissingLeft:
		t.Missing = math.Inf(-1)
	case model.MissingIsZero:
		t.Missing = 0
	}
	return t
}

func (p *slicer[K]) splits(t *model.Tree) []bitslice.Split {
	splits := make([]bitslice.Split, len(t.Nodes))
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Set >= 0 {
			splits[i] = p.category(n)
			continue
		}
		column, code := p.place(n)
		splits[i] = bitslice.Split{Column: int32(column), Boundaries: []uint8{code}, Left: n.Left, Right: n.Right}
	}
	return splits
}

// place is the column of a numeric split and the code that its threshold has
// there.
func (p *slicer[K]) place(n *model.Node) (column int, code uint8) {
	v := p.view(n)
	at, _ := slices.BinarySearch(p.thresholds[v], p.threshold(n))
	return p.first[v] + at/bitslice.MaxThresholds, uint8(at % bitslice.MaxThresholds)
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

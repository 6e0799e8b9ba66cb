package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// tops are the upper parts of an ensemble's trees, for few rows: a row leaves
// them at nodes from which it walks on. Of small trees the top is all there is.
type tops struct {
	forest  *leafset.Forest
	numbers *bitslice.Columns
	reader  reader
	first   []int32 // by tree: where its exits begin
	exits   []int32 // nodes; where all of them are leaves, the places of their values
	whole   bool    // all exits are leaves
}

// newTops returns nil where the columns are too many, or there is nothing to
// gain: nodes that test categories end the top. It shares the columns of
// t.sliced, made by p, where there are some. Trees are packed.
func newTops[K key](p *slicer[K], t *trees[K], hot []hotColumn) *tops {
	e, s, i := p.from, t.sliced, p.use
	selection := make([][]int32, len(e.Trees))
	for i := range e.Trees {
		selection[i] = upper(e.Trees[i].Nodes, false)
	}
	o := &tops{whole: true, first: make([]int32, 0, len(e.Trees))}
	var columns []slicedColumn
	if s != nil && s.numbers.Len() <= leafset.MaxColumns {
		columns, o.numbers = s.columns[:s.numbers.Len()], s.numbers
	} else {
		p = newSlicer(e, t.width, i)
		p.only = selection
		if columns, o.numbers = p.columns(); len(columns) > leafset.MaxColumns {
			return nil
		}
	}
	o.reader = newReader(columns, hot, e.Input == model.F32)
	nodes := make([][]leafset.Node, len(e.Trees))
	for i := range e.Trees {
		c := capper[K]{slicer: p, tops: o, index: i, tree: e.Trees[i].Nodes, within: make([]bool, len(e.Trees[i].Nodes))}
		c.nodes = make([]leafset.Node, 0, len(selection[i]))
		c.packed = t
		for _, n := range selection[i] {
			c.within[n] = true
		}
		o.first = append(o.first, int32(len(o.exits)))
		root := int32(0)
		if len(c.tree) == 0 {
			root = ^root
		}
		c.exits(root, t.roots[i])
		nodes[i] = c.nodes
	}
	if o.whole {
		for i, at := range o.exits {
			o.exits[i] = int32(t.nodes[at].key)
		}
	}
	o.forest = leafset.New(nodes, i)
	return o
}

// upper selects the nodes of the top, level by level. All tells that codes stand
// for every test.
func upper(nodes []model.Node, all bool) (selected []int32) {
	open := []int32{0}
	for len(open) > 0 && len(selected) < leafset.MaxExits-1 {
		at := open[0]
		open = open[1:]
		if int(at) >= len(nodes) || at < 0 || !all && !codable(&nodes[at]) {
			continue // a leaf, or a node from which rows walk
		}
		selected = append(selected, at)
		open = append(open, nodes[at].Left, nodes[at].Right)
	}
	return selected
}

// A capper goes through the top of one tree, in the model and as packed.
type capper[K key] struct {
	slicer *slicer[K]
	tops   *tops
	packed *trees[K]
	index  int // of the tree
	tree   []model.Node
	within []bool
	nodes  []leafset.Node
}

// exits numbers the exits below a child from left to right.
func (c *capper[K]) exits(child, packed int32) {
	if child < 0 || !c.within[child] {
		c.tops.whole = c.tops.whole && child < 0
		c.tops.exits = append(c.tops.exits, packed)
		return
	}
	n := &c.tree[child]
	place := len(c.nodes)
	c.nodes = append(c.nodes, leafset.Node{})
	next, first := packed+c.packed.layout.step(&c.packed.nodes[packed], false), c.count()
	c.exits(n.Left, next)
	at := c.slicer.place(c.index, child)
	c.nodes[place] = leafset.Node{Column: uint8(at.column()), Code: at.code(), Left: leafset.Span(first, c.count())}
	c.exits(n.Right, next+1)
}

// count is the number of the tree's exits so far.
func (c *capper[K]) count() int { return len(c.tops.exits) - int(c.tops.first[len(c.tops.first)-1]) }

// cost estimates a row, walking on included.
func (o *tops) cost() float64 {
	perTree := 1.5
	if !o.whole {
		perTree = 16
	}
	return 200 + o.forest.Cost() + perTree*float64(len(o.first))
}

// topScratch is what a row needs on its way through the tops.
type topScratch struct {
	x     []float64
	codes [leafset.MaxColumns]uint8
	exits []uint8
}

// leave finds the exits of one row.
func (o *tops) leave(b *Block, row int, s *topScratch) {
	s.x = resize(s.x, o.numbers.RowColumns())
	o.numbers.CodeRow(o.reader.read(b, row, s.x), s.codes[:])
	s.exits = resize(s.exits, o.forest.Len())
	o.forest.Exits(&s.codes, s.exits)
}

// scoreTops scores few rows.
func (t *trees[K]) scoreTops(b *Block, s *treeScratch[K]) {
	if !t.tops.whole || t.linear != nil {
		t.encode(b, s)
	}
	width := len(t.base)
	for row := range b.rows {
		t.tops.leave(b, row, &s.top)
		scores := b.scores[row*width:][:width]
		copy(scores, t.base)
		switch {
		case !t.plain():
			t.addGeneral(b, s, row, scores)
		case !t.tops.whole:
			t.walkOn(s, row, scores)
		case width == 1 && t.f32:
			scores[0] = float64(sumPlaces(float32(scores[0]), t.leaves, t.tops, s.top.exits))
		case width == 1:
			scores[0] = sumPlaces(scores[0], t.leaves, t.tops, s.top.exits)
		default:
			for i, exit := range s.top.exits[:len(t.roots)] {
				t.add(scores, i, t.tops.exits[t.tops.first[i]+int32(exit)])
			}
		}
	}
}

// sumPlaces adds one leaf's value a tree.
func sumPlaces[T float32 | float64](sum T, leaves []float64, o *tops, exits []uint8) T {
	exits = exits[:len(o.first)]
	for i, first := range o.first {
		sum += T(leaves[o.exits[first+int32(exits[i])]])
	}
	return sum
}

// walkOn walks from the exits to the leaves, several trees at a time.
func (t *trees[K]) walkOn(s *treeScratch[K], row int, scores []float64) {
	keys := s.keys[row*t.stride():][:t.stride()]
	last := len(t.roots) - 1
	from := func(i int) int32 {
		i = min(i, last)
		return t.tops.exits[t.tops.first[i]+int32(s.top.exits[i])]
	}
	for i := 0; i <= last; i += interleave {
		at := [interleave]int32{from(i), from(i + 1), from(i + 2), from(i + 3)}
		walkTrees(t.nodes, t.layout, keys, &at)
		for j, leaf := range at[:min(interleave, last+1-i)] {
			t.add(scores, i+j, leaf)
		}
	}
}

func (t *trees[K]) addGeneral(b *Block, s *treeScratch[K], row int, scores []float64) {
	stride := t.stride()
	raw := s.raw[row*len(t.in):][:len(t.in)]
	for i, first := range t.tops.first {
		at := t.tops.exits[first+int32(s.top.exits[i])]
		if !t.tops.whole {
			at = t.walkGeneral(s.keys[row*stride:][:stride], raw, at)
		}
		t.addLeaf(scores, i, at, raw)
	}
}

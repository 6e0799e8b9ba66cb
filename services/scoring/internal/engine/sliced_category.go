package engine

import (
	"math"
	"math/bits"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A classifier turns a column of categories into codes: one for every value
// that some set tells from others.
type classifier struct {
	codes         []uint8 // by category
	limit         float64 // 0: none
	truncateFirst bool
}

// The codes that are no category's.
const (
	classMissing  = iota
	classNegative // or not below the limit
	classOther    // a category that no set mentions
	firstCategory
)

func (c *classifier) code(x []float64, codes *[bitslice.Rows]uint8) {
	for i, v := range x {
		codes[i] = c.class(v)
	}
}

func (c *classifier) class(x float64) uint8 {
	if c.truncateFirst {
		x = math.Trunc(x)
	}
	switch {
	case x != x:
		return classMissing
	case x < 0 || c.limit > 0 && x >= c.limit:
		return classNegative
	case x >= float64(len(c.codes)):
		return classOther
	}
	return c.codes[int(x)]
}

// A setKind is what the tests of one column of classes have in common.
type setKind struct {
	feature       int32
	limit         float64
	truncateFirst bool
}

// classes are what some sets over one feature tell apart.
type classes struct {
	column     int
	categories []int32 // mentioned by a set, in order
}

func kindOf(n *model.Node, s *model.Set) setKind {
	return setKind{n.Feature, s.Limit, s.TruncateFirst}
}

// collect finds the categories that sets mention.
func (p *slicer[K]) collect() {
	mentioned := map[setKind][]uint32{}
	for i := range p.from.Trees {
		for j := range p.from.Trees[i].Nodes {
			n := &p.from.Trees[i].Nodes[j]
			if n.Set < 0 {
				continue
			}
			s := &p.from.Sets[n.Set]
			k := kindOf(n, s)
			if mentioned[k] == nil {
				p.kinds = append(p.kinds, k)
			}
			mentioned[k] = union(union(mentioned[k], s.Members), s.Known)
		}
	}
	for _, k := range p.kinds {
		c := &classes{}
		for w, word := range mentioned[k] {
			for ; word != 0; word &= word - 1 {
				c.categories = append(c.categories, int32(w*32+bits.TrailingZeros32(word)))
			}
		}
		p.classes[k] = c
	}
}

// union is never nil.
func union(a, b []uint32) []uint32 {
	a = append(a, make([]uint32, max(0, len(b)-len(a)))...)
	for i, word := range b {
		a[i] |= word
	}
	if a == nil {
		a = []uint32{}
	}
	return a
}

// classify makes the column of codes of a kind; ok is false where the classes
// are too many for a byte.
func (p *slicer[K]) classify(k setKind) (column slicedColumn, ok bool) {
	c := p.classes[k]
	if firstCategory+len(c.categories) > bitslice.MaxThresholds+1 {
		return column, false
	}
	of := &classifier{limit: k.limit, truncateFirst: k.truncateFirst}
	if n := len(c.categories); n > 0 {
		of.codes = slices.Repeat([]uint8{classOther}, int(c.categories[n-1])+1)
	}
	for i, category := range c.categories {
		of.codes[category] = uint8(firstCategory + i)
	}
	return slicedColumn{categories: of, from: p.from.In[k.feature]}, true
}

// category is the split of a set: where the way changes from a class to the
// next there is a boundary. The way of the first class is left; where it is
// right the children change places.
func (p *slicer[K]) category(n *model.Node) bitslice.Split {
	c := p.classes[kindOf(n, &p.from.Sets[n.Set])]
	first := n.Missing == model.MissingLeft
	split := bitslice.Split{Column: int32(c.column), Left: n.Left, Right: n.Right}
	if !first {
		split.Left, split.Right = n.Right, n.Left
	}
	key := category{feature: n.Feature, set: n.Set, missingLeft: first}
	if b, ok := p.boundaries[key]; ok {
		split.Boundaries = b
		return split
	}
	s, way := asSet(&p.from.Sets[n.Set]), first
	for class := classNegative; class < firstCategory+len(c.categories); class++ {
		if left := s.left(c.example(class)); left != way {
			split.Boundaries = append(split.Boundaries, uint8(class-1))
			way = left
		}
	}
	p.boundaries[key] = split.Boundaries
	return split
}

// example is a value of a class.
func (c *classes) example(class int) float64 {
	switch class {
	case classNegative:
		return -1
	case classOther:
		return c.unmentioned()
	}
	return float64(c.categories[class-firstCategory])
}

func (c *classes) unmentioned() float64 {
	for i, category := range c.categories {
		if int(category) != i {
			return float64(i)
		}
	}
	return float64(len(c.categories))
}

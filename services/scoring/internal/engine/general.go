package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A category is the test of a categorical split.
type category struct {
	feature     int32 // index into trees.in
	set         int32
	missingLeft bool
}

// A set is a model.Set.
type set struct {
	members, known          []uint32
	onlyKnown               bool
	membersLeft, othersLeft bool
	limit                   float64
	truncateFirst           bool
}

// left reports whether x, not NaN, goes left; see model.Set.
func (s *set) left(x float64) bool {
	if s.truncateFirst {
		x = math.Trunc(x)
	}
	switch {
	case x < 0 || s.limit > 0 && x >= s.limit:
		return s.othersLeft
	case has(s.members, x):
		return s.membersLeft
	case s.onlyKnown && !has(s.known, x):
		return s.othersLeft
	}
	return !s.membersLeft
}

// has reports whether bit x, truncated, is set; x is not negative.
func has(bits []uint32, x float64) bool {
	if x >= float64(len(bits)*32) {
		return false
	}
	i := uint32(x)
	return bits[i/32]&(1<<(i%32)) != 0
}

// A linearLeaf is a model.LinearLeaf.
type linearLeaf struct {
	ok       bool // there is one
	constant float64
	features []int32
	coef     []float64
}

func newLinearLeaf(l *model.LinearLeaf) linearLeaf {
	return linearLeaf{true, l.Const, slices.Clone(l.Features), slices.Clone(l.Coef)}
}

// value is the leaf's value for one row, unless an input is missing.
func (l *linearLeaf) value(x []float64) (float64, bool) {
	sum := l.constant
	for i, f := range l.features {
		v := x[f]
		if v != v {
			return 0, false
		}
		if zero(v) {
			v = 0
		}
		sum += float64(l.coef[i] * v)
	}
	return sum, l.ok
}

// scoreGeneral scores trees with categorical splits or linear leaves: tree by
// tree, one walk at a time.
func (t *trees[K]) scoreGeneral(b *Block, s *treeScratch[K]) {
	stride, width := t.stride(), len(t.base)
	for tree, root := range t.roots {
		for row := range b.rows {
			raw := s.raw[row*len(t.in):][:len(t.in)]
			leaf := t.walkGeneral(s.keys[row*stride:][:stride], raw, root)
			t.addLeaf(b.scores[row*width:][:width], tree, leaf, raw)
		}
	}
}

// addLeaf is add where leaves may be linear.
func (t *trees[K]) addLeaf(scores []float64, tree int, leaf int32, raw []float64) {
	if t.linear != nil {
		if v, ok := t.linear[leaf].value(raw); ok {
			k := t.scores[tree]
			scores[k] = t.sum(scores[k], v)
			return
		}
	}
	t.add(scores, tree, leaf)
}

// walkGeneral walks one row through one tree and returns the place of the
// leaf's value.
func (t *trees[K]) walkGeneral(keys []K, raw []float64, at int32) int32 {
	for {
		n := &t.nodes[at]
		var right bool
		switch view := t.layout.view(n); {
		case view == 0:
			return int32(n.key)
		case view < len(keys):
			right = keys[view] > n.key
		default:
			c := &t.categories[view-len(keys)]
			if x := raw[c.feature]; x == x {
				right = !t.sets[c.set].left(x)
			} else {
				right = !c.missingLeft
			}
		}
		at += t.layout.step(n, right)
	}
}

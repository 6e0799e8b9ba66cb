package engine

import (
	"math/bits"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/gather"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// newEnsemble chooses keys as wide as the inputs. Nodes of 32 bits a field are
// half as large; where an ensemble's columns and trees are too many and too
// large for their links, float32 inputs have keys of 64 bits, too.
func newEnsemble(e *model.Ensemble, i Instructions, hot []hotColumn) estimator {
	switch {
	case e.Input == model.F64:
		return pack(e, &width[int64]{least64, (*view).keys64, threshold64, number64, interleave, walkRows[int64]}, i, hot)
	case linkBits(e) > maxLinkBits:
		return pack(e, &width[int64]{least64, (*view).keys32in64, threshold32in64, number64, interleave, walkRows[int64]}, i, hot)
	}
	w := &width[int32]{least32, (*view).keys32, threshold32, number32, interleave, walkRows[int32]}
	if gather.Pays(i) {
		w.group, w.walk = gather.Rows, walkGathered
	}
	return pack(e, w, i, hot)
}

// maxLinkBits is how much of 32 bits a link can use.
var maxLinkBits = 31

// A width is what differs between keys of 32 and of 64 bits.
type width[K key] struct {
	least     K
	keys      func(v *view, x []float64, out []K, stride int)
	threshold func(t float64, c model.Comparison) K
	number    func(k K) float64 // the greatest whose key is <= k
	// walk takes rows, whole groups of them, from a root to leaves' places.
	group int
	walk  func(t *trees[K], keys []K, root int32, places []int32)
}

// A node is a split or a leaf. Its link is the number of a view and the
// distance to its children, a pair of nodes further on: a row goes to the first
// where the key in its view is <= key, else to the second. A leaf reads view 0,
// which always holds the least key, and has the distance 0: a walk that stands
// still has arrived. The key of a leaf is the place of its value.
type node[K key] struct{ key, link K }

// A layout is how links are read: the view is link >> shift, and the distance
// is link & mask.
type layout[K key] struct {
	shift uint8
	mask  K
}

// view is the number of the view that a node reads: 0 of a leaf, from 1 of the
// ensemble's views, and beyond those of a category test.
func (l layout[K]) view(n *node[K]) int { return int(n.link >> l.shift) }

// step is how far on a row goes.
func (l layout[K]) step(n *node[K], right bool) int32 { return int32(n.link&l.mask) + one(right) }

// trees is an ensemble made of packed nodes.
type trees[K key] struct {
	width  *width[K]
	layout layout[K]
	nodes  []node[K]
	roots  []int32
	scores []int32   // by tree: the score it adds to, -1 for all
	leaves []float64 // their values

	views      []view
	dense      []int32    // the views of columns that are written, and
	template   []K        // the keys of a row in which all other columns are 0, and
	ones       stands[K]  // what stands for the 1 of those
	categories []category // tests of categorical splits
	sets       []set
	in         []model.Column // what category tests and linear leaves read
	linear     []linearLeaf   // by place of the leaf's value; nil without

	base    []float64
	sliced  *sliced // for many rows; nil where it does not do
	coded   *coded  // for few rows; nil where it does not do
	tops    *tops   // for few rows; nil where they do not do
	costs   costs
	divisor float64
	scale   float64
	offset  []float64 // nil: none
	vector  bool      // something of it uses vector instructions
	f32     bool      // the sum is float32
	input32 bool      // the inputs are float32
}

// treeScratch is what a block of rows needs on its way through trees.
type treeScratch[K key] struct {
	keys []K       // row by row: the least key, then the views
	raw  []float64 // row by row: the columns of trees.in

	places []int32 // of leaves, by row

	sliced slicedScratch
	coded  codedScratch
	top    topScratch
}

func (t *trees[K]) scratch() any { return &treeScratch[K]{} }

func (t *trees[K]) accelerated() bool { return t.vector }

func (t *trees[K]) cost() float64 { return t.costs.row() }

func (t *trees[K]) values() int { return max(t.stride(), len(t.in)) }

// stride is the number of keys a row.
func (t *trees[K]) stride() int { return 1 + len(t.views) }

// plain reports whether all there is are numeric splits and constant leaves.
func (t *trees[K]) plain() bool { return len(t.categories) == 0 && t.linear == nil }

func (t *trees[K]) score(b *Block) {
	s := b.scratch.(*treeScratch[K])
	switch a := t.approach(b.rows); a {
	case bySlice:
		t.sliced.score(b, &s.sliced)
	case byCode:
		t.scoreCoded(b, &s.coded)
	case byExit:
		t.scoreTops(b, s)
	default:
		t.walk(b, s, a)
	}
	if t.divisor != 0 {
		for i, x := range b.scores {
			if t.f32 {
				b.scores[i] = float64(float32(x) / float32(t.divisor))
			} else {
				b.scores[i] = x / t.divisor
			}
		}
	}
	for k, offset := range t.offset {
		for i := k; i < len(b.scores); i += len(t.base) {
			b.scores[i] = float64(b.scores[i]*t.scale) + offset
		}
	}
}

// walk sums up the leaves that rows arrive at.
func (t *trees[K]) walk(b *Block, s *treeScratch[K], a approach) {
	t.encode(b, s)
	for i := 0; i < len(b.scores); i += len(t.base) {
		copy(b.scores[i:], t.base)
	}
	switch {
	case !t.plain():
		t.scoreGeneral(b, s)
	case a == byRow:
		t.scoreRows(b, s)
	default:
		t.scoreTrees(b, s)
	}
}

// encode writes the keys of every row, and the raw values where they are
// needed.
func (t *trees[K]) encode(b *Block, s *treeScratch[K]) {
	stride := t.stride()
	s.keys = resize(s.keys, t.wholeGroups(b.rows)*stride) // the rows that fill up walk along
	for i := 0; i < len(s.keys); i += stride {
		copy(s.keys[i:], t.template)
	}
	for _, i := range t.dense {
		v := &t.views[i]
		t.width.keys(v, b.column(v.column), s.keys[1+i:], stride)
	}
	t.ones.each(b, func(row int, one stand[K]) { s.keys[row*stride+int(one.at)] = one.value })
	if t.plain() {
		return
	}
	s.raw = resize(s.raw, b.rows*len(t.in))
	for j, c := range t.in {
		for row, x := range b.column(c) {
			if t.input32 {
				x = float64(float32(x))
			}
			s.raw[row*len(t.in)+j] = x
		}
	}
}

// add adds the value at a leaf's place to the scores of one row.
func (t *trees[K]) add(scores []float64, tree int, leaf int32) {
	k := t.scores[tree]
	switch {
	case k < 0:
		for k, v := range t.leaves[leaf:][:len(scores)] {
			scores[k] = t.sum(scores[k], v)
		}
	default:
		scores[k] = t.sum(scores[k], t.leaves[leaf])
	}
}

func (t *trees[K]) sum(a, b float64) float64 {
	if t.f32 {
		return float64(float32(a) + float32(b))
	}
	return a + b
}

// keepWalkers makes tests keep the walkers of all ensembles.
var keepWalkers = false

// pack lays the trees out as nodes. Children stand next to each other, and the
// pairs in the order of a walk that goes left first.
func pack[K key](e *model.Ensemble, w *width[K], i Instructions, hot []hotColumn) *trees[K] {
	t := &trees[K]{
		width: w, base: slices.Clone(e.Base), divisor: e.Divisor, scale: e.Scale, offset: slices.Clone(e.Offset),
		f32: e.Sum == model.F32, input32: e.Input == model.F32,
		scores: make([]int32, len(e.Trees)),
	}
	p := packer[K]{trees: t, from: e}
	p.count()
	t.standIn(hot)
	_, distance := linkFields(len(t.views)+1+len(t.categories), e)
	t.layout = layout[K]{shift: uint8(distance), mask: K(1)<<distance - 1}
	steps := steps(e)
	slicer := newSlicer(withoutInfinite(e, hot), w, i)
	if t.sliced = newSliced(slicer, hot); t.sliced != nil {
		t.coded = newCoded(slicer, t, hot, steps)
	}
	if t.coded == nil || keepWalkers {
		p.pack()
		if leafset.Pays(i) {
			t.tops = newTops(slicer, t, hot)
		}
	} else { // only walkers read these
		t.views, t.dense, t.template, t.ones, t.categories = nil, nil, nil, nil, nil
	}
	t.vector = i > Portable && (t.sliced != nil || t.coded != nil || t.tops != nil || w.group > interleave)
	t.costs = t.estimate(steps)
	return t
}

// linkFields are the bits that an ensemble's links need for views and tests,
// and for distances.
func linkFields(views int, e *model.Ensemble) (view, distance int) {
	most := 0
	for i := range e.Trees {
		most = max(most, 2*len(e.Trees[i].Nodes))
	}
	return bits.Len(uint(views)), bits.Len(uint(most))
}

// linkBits bounds the size of a link before its views are known.
func linkBits(e *model.Ensemble) int {
	views := len(e.In) * missingRules
	for i := range e.Trees {
		for j := range e.Trees[i].Nodes {
			if e.Trees[i].Nodes[j].Set >= 0 {
				views++
			}
		}
	}
	view, distance := linkFields(views+1, e)
	return view + distance
}

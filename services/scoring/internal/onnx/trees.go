package onnx

import (
	"cmp"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A mode is how a node of a tree compares, by its number in TreeEnsemble.
type mode uint8

const (
	modeLessOrEqual mode = iota
	modeLess
	modeGreaterOrEqual
	modeGreater
	modeEqual
	modeNotEqual
	modeMember
	modeLeaf // of the attributes of versions 1 and 3
)

var modes = map[string]mode{
	"BRANCH_LEQ": modeLessOrEqual, "BRANCH_LT": modeLess, "BRANCH_GTE": modeGreaterOrEqual, "BRANCH_GT": modeGreater,
	"BRANCH_EQ": modeEqual, "BRANCH_NEQ": modeNotEqual, "LEAF": modeLeaf,
}

// A split is a node of a tree as the format has it: a row for which the
// comparison holds goes to yes. A child ≥ 0 is a split of the same tree, a child
// < 0 the leaf ^child.
type split struct {
	value      float64
	feature    int32
	yes, no    int32
	set        int32 // of modeMember: among the grove's sets
	mode       mode
	whole      bool // of modeMember: the value is cut to a whole number first
	missingYes bool // NaN goes to yes
}

// A grove is a tree ensemble on its way into the model.
type grove struct {
	node     *node
	input    elem // of X
	sum      model.Precision
	output   model.Precision // of the scores it yields
	features int
	targets  int
	trees    []rawTree
	sets     [][]float64
	spread   int // values of leaves that the file has no weights for, see maxSpread
}

// A rawTree has the weights of its leaves one by one, each leaf's a part of a pool.
type rawTree struct {
	splits []split
	spans  []span // by leaf
	pool   []weight
}

// A span is the weights from one to before another.
type span struct{ from, to int32 }

// leaf is the weights of a leaf.
func (t *rawTree) leaf(i int) []weight { return t.pool[t.spans[i].from:t.spans[i].to] }

// leaves calls f for the weights of each leaf.
func (t *rawTree) leaves(yield func(int, []weight) bool) {
	for i := range t.spans {
		if !yield(i, t.leaf(i)) {
			return
		}
	}
}

// A weight is what a leaf adds to a target.
type weight struct {
	target int32
	value  float64
}

// lists are the attributes of nodes in versions 1 and 3.
type lists struct {
	tree, id, feature, yes, no []int32
	missing                    []int32 // shorter where some are left out
	values                     numbers
	modes                      []mode
}

// parseTrees reads the attributes of versions 1 and 3. Those of weights begin
// with target or class.
func (g *grove) parseTrees(kind string) error {
	pool, err := g.parseWeights(kind)
	if err != nil {
		return err
	}
	l, err := g.node.lists()
	if err != nil {
		return err
	}
	tree := l.tree
	seen := map[int32]bool{}
	var p places
	for first := 0; first < len(tree); {
		last := first
		for last < len(tree) && tree[last] == tree[first] {
			last++
		}
		if seen[tree[first]] {
			return g.node.fail("the nodes of tree %d do not stand together", tree[first])
		}
		seen[tree[first]] = true
		p.clear(last - first)
		t, err := g.cut(l, first, last, pool, &p)
		if err != nil {
			return err
		}
		g.trees = append(g.trees, t)
		first = last
	}
	return nil
}

func (n *node) lists() (*lists, error) {
	var l lists
	var err [8]error
	l.tree, err[0] = n.ids("nodes_treeids")
	l.id, err[1] = n.ids("nodes_nodeids")
	l.feature, err[2] = n.ids("nodes_featureids")
	l.yes, err[3] = n.ids("nodes_truenodeids")
	l.no, err[4] = n.ids("nodes_falsenodeids")
	l.values, err[5] = n.list("nodes_values")
	l.missing, err[6] = n.ids("nodes_missing_value_tracks_true")
	l.modes, err[7] = n.modes("nodes_modes")
	if err := cmp.Or(err[:]...); err != nil {
		return nil, err
	}
	for _, length := range []int{len(l.id), len(l.feature), len(l.yes), len(l.no), l.values.len(), len(l.modes)} {
		if length != len(l.tree) {
			return nil, n.fail("its nodes have attributes of %d and %d entries", len(l.tree), length)
		}
	}
	return &l, nil
}

// cut makes a tree of the nodes from first to before last.
func (g *grove) cut(l *lists, first, last int, pool *weights, p *places) (t rawTree, err error) {
	n, tree := g.node, l.tree[first]
	leaves := 0
	for _, m := range l.modes[first:last] {
		if m == modeLeaf {
			leaves++
		}
	}
	t = rawTree{splits: make([]split, 0, last-first-leaves), spans: make([]span, 0, leaves), pool: pool.all}
	for i := first; i < last; i++ {
		child := int32(len(t.splits))
		if l.modes[i] == modeLeaf {
			child = ^int32(len(t.spans))
			t.spans = append(t.spans, pool.of(key{tree, l.id[i]}))
		} else {
			t.splits = append(t.splits, split{
				feature: l.feature[i], mode: l.modes[i], value: l.values.at(i), yes: l.yes[i], no: l.no[i],
				missingYes: i < len(l.missing) && l.missing[i] == 1,
			})
		}
		if !p.set(l.id[i], child) {
			return t, n.fail("node %d of tree %d is there twice", l.id[i], tree)
		}
	}
	if root, _ := p.of(l.id[first]); root > 0 || root < 0 && len(t.splits) > 0 {
		return t, n.fail("tree %d does not begin with its root", tree)
	}
	for i := range t.splits {
		s := &t.splits[i]
		yes, ok1 := p.of(s.yes)
		no, ok2 := p.of(s.no)
		if !ok1 || !ok2 {
			return t, n.fail("tree %d has a node with the children %d and %d, which are not in it", tree, s.yes, s.no)
		}
		s.yes, s.no = yes, no
	}
	return t, nil
}

// modes reads the comparisons of nodes.
func (n *node) modes(name string) (v []mode, err error) {
	v = slices.Grow(v, n.count(name, 9))
	err = n.scan(name, 9, func(x field) error {
		if err := x.want(wireBytes); err != nil {
			return err
		}
		m, ok := modes[string(x.bytes.data)]
		if !ok {
			return n.refuse("the comparison %s", quote(string(x.bytes.data)))
		}
		v = append(v, m)
		return nil
	})
	return v, err
}

// ensemble makes the model's ensemble of it, with so many scores; each base is
// added last.
func (g *grove) ensemble(r *reader, x *tensor, width int, base []float64) (*model.Ensemble, error) {
	e := &model.Ensemble{Sum: g.sum, Compare: model.LessOrEqual, Base: make([]float64, width), Input: model.F32}
	if g.input == float64Elem {
		e.Input = model.F64
	}
	var err error
	if e.In, err = r.columns(g.node, x, true); err != nil {
		return nil, err
	}
	codes, err := g.categories(r, e)
	if err != nil {
		return nil, err
	}
	if g.allLess() {
		e.Compare = model.Less
	}
	for i := range g.trees {
		t, err := g.tree(e, &g.trees[i], codes, width)
		if err != nil {
			return nil, err
		}
		e.Trees = append(e.Trees, t)
		g.trees[i] = rawTree{} // whoever held it may go
	}
	for k, b := range base {
		if b != 0 {
			e.Trees = append(e.Trees, model.Tree{Score: int32(k), Leaves: []float64{b}})
		}
	}
	return e, nil
}

// allLess reports whether every split that orders numbers is < or ≥.
func (g *grove) allLess() bool {
	some := false
	for _, t := range g.trees {
		for _, s := range t.splits {
			switch s.mode {
			case modeLessOrEqual, modeGreater:
				return false
			case modeLess, modeGreaterOrEqual:
				some = true
			}
		}
	}
	return some
}

func (g *grove) tree(e *model.Ensemble, raw *rawTree, codes map[coded]*coding, width int) (model.Tree, error) {
	t := model.Tree{Nodes: make([]model.Node, len(raw.splits))}
	for i := range raw.splits {
		s := &raw.splits[i]
		n := &t.Nodes[i]
		*n = model.Node{Feature: s.feature, Left: s.yes, Right: s.no, Threshold: s.value, Set: -1}
		left := s.missingYes // whether NaN goes left
		if c := codes[s.coded()]; c != nil && s.mode >= modeEqual {
			n.Feature, n.Threshold, n.Set = c.feature, 0, c.set(e, g.asked(s))
		}
		switch s.mode {
		case modeGreater, modeGreaterOrEqual:
			n.Left, n.Right, left = n.Right, n.Left, !left
		case modeNotEqual: // which holds for NaN
			n.Left, n.Right, left = n.Right, n.Left, false
		}
		less := s.mode == modeLess || s.mode == modeGreaterOrEqual
		if less && e.Compare == model.LessOrEqual {
			n.Threshold = before(s.value, e.Input)
		}
		if left {
			n.Missing = model.MissingLeft
		}
		if math.IsNaN(n.Threshold) {
			return t, g.node.fail("a threshold is NaN")
		}
	}
	return t, g.leaves(&t, raw, width)
}

// before is the greatest number that is less than x, as an input can be.
func before(x float64, p model.Precision) float64 {
	if p == model.F32 {
		return float64(math.Nextafter32(float32(x), float32(math.Inf(-1))))
	}
	return math.Nextafter(x, math.Inf(-1))
}

// maxSpread is how many values a weight of the file may become: where leaves have
// weights for different targets, each holds a value for all of them.
const maxSpread = 32

// leaves lays out the weights: of one score where all leaves have that one,
// otherwise of every score.
func (g *grove) leaves(t *model.Tree, raw *rawTree, width int) error {
	one := true // all weights are of one target
	for _, leaf := range raw.leaves {
		if len(leaf) == 0 {
			return g.node.fail("a leaf has no weight")
		}
		for j := range leaf {
			if width == 1 {
				leaf[j].target = 0
			}
			if slices.ContainsFunc(leaf[:j], func(w weight) bool { return w.target == leaf[j].target }) {
				return g.node.refuse("a leaf that has two weights for a target")
			}
			one = one && len(leaf) == 1 && leaf[j].target == raw.leaf(0)[0].target
		}
	}
	if one {
		t.Score = raw.leaf(0)[0].target
		t.Leaves = make([]float64, 0, len(raw.spans))
		for _, leaf := range raw.leaves {
			t.Leaves = append(t.Leaves, leaf[0].value)
		}
		return nil
	}
	for _, leaf := range raw.leaves {
		g.spread += width - maxSpread*len(leaf)
	}
	if g.spread > 1<<16 {
		return g.node.refuse("leaves of which each has weights for few of %d targets", width)
	}
	t.Score, t.Leaves = -1, make([]float64, width*len(raw.spans))
	for i, leaf := range raw.leaves {
		for _, w := range leaf {
			t.Leaves[i*width+int(w.target)] = w.value
		}
	}
	return nil
}

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
	feature     int32
	mode        mode
	value       float64
	members     []float64 // of modeMember
	whole       bool      // likewise: the value is cut to a whole number first
	missingYes  bool      // NaN goes to yes
	yes, no     int32
	yesID, noID int32 // in the attributes
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
	spread   int // values of leaves that the file has no weights for, see maxSpread
}

// A rawTree has the weights of its leaves one by one.
type rawTree struct {
	splits []split
	leaves [][]weight
}

// A weight is what a leaf adds to a target.
type weight struct {
	target int32
	value  float64
}

// parseTrees reads the attributes of versions 1 and 3. Those of weights begin
// with target or class.
func (g *grove) parseTrees(kind string) error {
	n := g.node
	tree, err1 := n.ids("nodes_treeids")
	id, err2 := n.ids("nodes_nodeids")
	feature, err3 := n.ids("nodes_featureids")
	yes, err4 := n.ids("nodes_truenodeids")
	no, err5 := n.ids("nodes_falsenodeids")
	values, err6 := n.numbers("nodes_values")
	missing, err7 := n.ids("nodes_missing_value_tracks_true")
	compares, err8 := n.modes("nodes_modes")
	if err := cmp.Or(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		return err
	}
	count := len(tree)
	for _, length := range []int{len(id), len(feature), len(yes), len(no), len(values), len(compares)} {
		if length != count {
			return n.fail("its nodes have attributes of %d and %d entries", count, length)
		}
	}
	weights, err := g.parseWeights(kind)
	if err != nil {
		return err
	}
	seen := map[int32]bool{}
	for first := 0; first < count; {
		last := first
		for last < count && tree[last] == tree[first] {
			last++
		}
		if seen[tree[first]] {
			return n.fail("the nodes of tree %d do not stand together", tree[first])
		}
		seen[tree[first]] = true
		t, places := rawTree{}, make(map[int32]int32, last-first) // a node's id: its child number
		for i := first; i < last; i++ {
			if _, twice := places[id[i]]; twice {
				return n.fail("node %d of tree %d is there twice", id[i], tree[i])
			}
			if compares[i] == modeLeaf {
				places[id[i]] = ^int32(len(t.leaves))
				t.leaves = append(t.leaves, weights[key{tree[i], id[i]}])
				continue
			}
			places[id[i]] = int32(len(t.splits))
			t.splits = append(t.splits, split{
				feature: feature[i], mode: compares[i], value: values[i], yesID: yes[i], noID: no[i],
				missingYes: i < len(missing) && missing[i] == 1,
			})
		}
		if places[id[first]] > 0 || places[id[first]] < 0 && len(t.splits) > 0 {
			return n.fail("tree %d does not begin with its root", tree[first])
		}
		for i := range t.splits {
			s := &t.splits[i]
			var ok1, ok2 bool
			s.yes, ok1 = places[s.yesID]
			s.no, ok2 = places[s.noID]
			if !ok1 || !ok2 {
				return n.fail("tree %d has a node with the children %d and %d, which are not in it", tree[first], s.yesID, s.noID)
			}
		}
		g.trees = append(g.trees, t)
		first = last
	}
	return nil
}

// modes reads the comparisons of nodes.
func (n *node) modes(name string) (v []mode, err error) {
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

// A key is a node's place in an ensemble.
type key struct{ tree, node int32 }

// parseWeights reads what each leaf adds.
func (g *grove) parseWeights(kind string) (map[key][]weight, error) {
	n := g.node
	tree, err1 := n.ids(kind + "_treeids")
	id, err2 := n.ids(kind + "_nodeids")
	target, err3 := n.ids(kind + "_ids")
	value, err4 := n.numbers(kind + "_weights")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if len(id) != len(tree) || len(target) != len(tree) || len(value) != len(tree) {
		return nil, n.fail("its weights have attributes of %d, %d, %d and %d entries", len(tree), len(id), len(target), len(value))
	}
	weights := make(map[key][]weight, len(tree))
	for i := range tree {
		if int(target[i]) >= g.targets {
			return nil, n.fail("a weight is for target %d; there are %d", target[i], g.targets)
		}
		k := key{tree[i], id[i]}
		weights[k] = append(weights[k], weight{target[i], value[i]})
	}
	return weights, nil
}

// usesTargets returns which targets have weights, whether any weight is
// negative, and whether every target gets a weight of every row.
func (g *grove) usesTargets() (used []bool, negative, always bool) {
	used, all := make([]bool, g.targets), make([]bool, g.targets)
	for _, t := range g.trees {
		times := make([]int, g.targets)
		for _, leaf := range t.leaves {
			for _, w := range leaf {
				used[w.target], negative = true, negative || w.value < 0
				times[w.target]++
			}
		}
		for k, n := range times {
			all[k] = all[k] || n >= len(t.leaves)
		}
	}
	return used, negative, !slices.Contains(all, false)
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
			n.Feature, n.Threshold, n.Set = c.feature, 0, c.set(e, s)
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
			one = one && len(leaf) == 1 && leaf[j].target == raw.leaves[0][0].target
		}
	}
	if one {
		t.Score = raw.leaves[0][0].target
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
	t.Score, t.Leaves = -1, make([]float64, width*len(raw.leaves))
	for i, leaf := range raw.leaves {
		for _, w := range leaf {
			t.Leaves[i*width+int(w.target)] = w.value
		}
	}
	return nil
}

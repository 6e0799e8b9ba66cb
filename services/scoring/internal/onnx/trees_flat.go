package onnx

import (
	"cmp"
	"math"
)

// The numbers that TreeEnsemble (version 5) has for the names of older versions:
// those of post transforms as ONNX Runtime takes them (1.32), where the
// specification has SOFTMAX before LOGISTIC.
var (
	aggregates     = []string{"AVERAGE", "SUM", "MIN", "MAX"}
	postTransforms = []string{"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"}
)

// named is the name of the number that an attribute holds.
func (n *node) named(attribute string, absent int64, names []string) (string, error) {
	i, err := n.integer(attribute, absent)
	if err != nil {
		return "", err
	}
	if i < 0 || i >= int64(len(names)) {
		return "", n.refuse("%s %d", attribute, i)
	}
	return names[i], nil
}

// treeEnsemble is TreeEnsemble: what the operators before it say, with nodes and
// leaves in lists of their own. What it yields has the type of its input.
func treeEnsemble(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	targets, err1 := n.integer("n_targets", 1)
	aggregate, err2 := n.named("aggregate_function", 1, aggregates)
	transform, err3 := n.named("post_transform", 0, postTransforms)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return nil, err
	}
	g, err := newGrove(n, in[0], int(min(max(targets, 0), maxTargets+1)))
	if err != nil {
		return nil, err
	}
	if !g.input.floating() {
		return nil, n.fail("the input holds %ss", g.input)
	}
	if err := g.parseFlat(); err != nil {
		return nil, err
	}
	g.output = g.sum
	return g.regressor(r, in[0], aggregate, transform, nil)
}

// A flat is the lists of a TreeEnsemble: of nodes, of leaves, of roots.
type flat struct {
	splits          []split
	yesLeaf, noLeaf []int64  // 1 where the child is a leaf
	weights         []weight // by leaf
	roots           []int32
	reached         []bool // by node: a tree has it
	yesAt, noAt     []int32
}

// parseFlat reads the attributes of version 5.
func (g *grove) parseFlat() error {
	n := g.node
	f := &flat{}
	var err [10]error
	var features, missing []int32
	var values, modes, members, weights []float64
	var target []int32
	features, err[0] = n.ids("nodes_featureids")
	f.yesAt, err[1] = n.ids("nodes_truenodeids")
	f.noAt, err[2] = n.ids("nodes_falsenodeids")
	f.yesLeaf, err[3] = n.integers("nodes_trueleafs")
	f.noLeaf, err[4] = n.integers("nodes_falseleafs")
	missing, err[5] = n.ids("nodes_missing_value_tracks_true")
	f.roots, err[6] = n.ids("tree_roots")
	target, err[7] = n.ids("leaf_targetids")
	values, err[8] = n.listed("nodes_splits", g.input)
	weights, err[9] = n.listed("leaf_weights", g.input)
	if err := cmp.Or(err[:]...); err != nil {
		return err
	}
	modes, err[0] = n.listed("nodes_modes", uint8Elem)
	members, err[1] = n.listed("membership_values", g.input)
	if err := cmp.Or(err[:2]...); err != nil {
		return err
	}
	count := len(features)
	for _, length := range []int{len(f.yesAt), len(f.noAt), len(f.yesLeaf), len(f.noLeaf), len(values), len(modes)} {
		if length != count {
			return n.fail("its nodes have attributes of %d and %d entries", count, length)
		}
	}
	if len(target) != len(weights) {
		return n.fail("%d weights for %d targets of leaves", len(weights), len(target))
	}
	for i, k := range target {
		if int(k) >= g.targets {
			return n.fail("a weight is for target %d; there are %d", k, g.targets)
		}
		f.weights = append(f.weights, weight{k, weights[i]})
	}
	for i, m := range modes {
		s := split{feature: features[i], mode: mode(m), value: values[i], missingYes: i < len(missing) && missing[i] == 1}
		if s.mode >= modeLeaf {
			return n.refuse("the comparison %v", m)
		}
		if s.mode == modeMember {
			var set []float64
			set, members, err[0] = n.set(members)
			s.set = int32(len(g.sets))
			s.whole, err[1] = n.wholeSet(set)
			g.sets = append(g.sets, set)
			if err := cmp.Or(err[:2]...); err != nil {
				return err
			}
		}
		f.splits = append(f.splits, s)
	}
	f.reached = make([]bool, count)
	for _, root := range f.roots {
		t, err := g.grow(f, root)
		if err != nil {
			return err
		}
		g.trees = append(g.trees, t)
	}
	return nil
}

// set takes the values up to the next NaN.
func (n *node) set(members []float64) (set, rest []float64, err error) {
	for i, v := range members {
		if math.IsNaN(v) {
			return members[:i:i], members[i+1:], nil
		}
	}
	if len(members) == 0 {
		return nil, nil, n.fail("membership_values has no set for a node that tests one")
	}
	return members, nil, nil
}

// grow makes a tree of the nodes below a root. Each node is reached once.
func (g *grove) grow(f *flat, root int32) (rawTree, error) {
	t := rawTree{pool: f.weights}
	// child returns the number in the tree of what stands at a place.
	child := func(at int32, leaf bool) (int32, error) {
		if !leaf {
			if int(at) >= len(f.splits) || f.reached[at] {
				return 0, g.node.fail("node %d is not there, or reached twice", at)
			}
			f.reached[at] = true
			s := f.splits[at]
			s.yes = at // until its children are known
			t.splits = append(t.splits, s)
			return int32(len(t.splits) - 1), nil
		}
		if int(at) >= len(f.weights) {
			return 0, g.node.fail("leaf %d is not there", at)
		}
		t.spans = append(t.spans, span{at, at + 1})
		return ^int32(len(t.spans) - 1), nil
	}
	if int(root) < len(f.splits) && f.yesLeaf[root] == 1 && f.noLeaf[root] == 1 && f.yesAt[root] == f.noAt[root] {
		_, err := child(f.yesAt[root], true) // a tree that is one leaf
		return t, err
	}
	if _, err := child(root, false); err != nil {
		return t, err
	}
	for i := 0; i < len(t.splits); i++ {
		at := t.splits[i].yes
		yes, err1 := child(f.yesAt[at], f.yesLeaf[at] == 1)
		no, err2 := child(f.noAt[at], f.noLeaf[at] == 1)
		if err := cmp.Or(err1, err2); err != nil {
			return t, err
		}
		t.splits[i].yes, t.splits[i].no = yes, no
	}
	return t, nil
}

// listed are the numbers of an attribute that is a tensor of one type; nil where
// it is left out.
func (n *node) listed(name string, e elem) ([]float64, error) {
	t, err := n.tensor(name)
	if err != nil || t == nil {
		return nil, err
	}
	if t.elem != e {
		return nil, n.fail("%s holds %ss, not %ss", name, t.elem, e)
	}
	return t.numbers, nil
}

package sklearn

import (
	"errors"
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A tree is a fitted tree_, as Cython laid it out.
type tree struct {
	left, right, feature []int64
	threshold            []float64
	missingLeft          []int64   // since 1.3; nil before
	values               []float64 // [node][output][class]
	outputs, classes     int

	missing []int64 // the room of missingLeft
	ids     []int32 // of build
}

// tree reads the attribute tree_ of a decision tree. What it returns holds until
// the next one is read: the trees of a forest are read in the same room, or
// they would leave as much garbage as the file has bytes.
func (r *reader) tree(o *object) (*tree, error) {
	p, ok := o.value("tree_").(*pickle.Object)
	if !ok || p.Class == nil || p.Class.Name != "Tree" {
		return nil, o.wrong("attribute tree_ is not a Tree; is the object fitted?")
	}
	nodes, ok := attribute[*pickle.Array](p, "nodes")
	values, ok2 := attribute[*pickle.Array](p, "values")
	if !ok || !ok2 || len(nodes.Shape) != 1 || len(values.Shape) != 3 {
		return nil, o.wrong("attribute tree_ has no nodes and values")
	}
	if err := errors.Join(r.own(nodes), r.own(values)); err != nil {
		return nil, o.wrong("attribute tree_: %v", err)
	}
	n := nodes.Shape[0]
	if values.Shape[0] != n || values.Shape[1] < 1 || values.Shape[2] < 1 {
		return nil, o.wrong("attribute tree_ has %d nodes and values of shape %v", n, values.Shape)
	}
	t := &r.room
	t.outputs, t.classes = values.Shape[1], values.Shape[2]
	f := fields{array: nodes}
	t.left, t.right = f.integers("left_child", t.left), f.integers("right_child", t.right)
	t.feature, t.threshold = f.integers("feature", t.feature), f.floats("threshold", t.threshold)
	t.missingLeft = nil
	if f.has("missing_go_to_left") {
		t.missing = f.integers("missing_go_to_left", t.missing)
		t.missingLeft = t.missing
	}
	if f.err != nil {
		return nil, o.wrong("attribute tree_: %v", f.err)
	}
	var err error
	if t.values, err = values.Float64sIn(t.values); err != nil {
		return nil, o.wrong("attribute tree_: %v", err)
	}
	return t, nil
}

func attribute[T pickle.Value](p *pickle.Object, name string) (t T, ok bool) {
	v, _ := p.Attr(name)
	t, ok = v.(T)
	return t, ok
}

// leaf is the mark of a leaf in left_child.
const leaf = -1

// build makes a tree of the model, with so many values a leaf. Leaves get them
// from value, which appends those of a node.
func (t *tree) build(score int32, width int, value func(node int, leaves []float64) ([]float64, error)) (model.Tree, error) {
	out := model.Tree{Score: score}
	n := len(t.left)
	if n > math.MaxInt32/2 {
		return out, fmt.Errorf("%d nodes", n)
	}
	if cap(t.ids) < n {
		t.ids = make([]int32, n)
	}
	ids := t.ids[:n] // a split's index, or ^ a leaf's
	var splits, leaves int32
	for i, left := range t.left {
		if left == leaf {
			ids[i] = ^leaves
			leaves++
		} else {
			ids[i] = splits
			splits++
		}
	}
	out.Nodes = make([]model.Node, 0, splits)
	out.Leaves = make([]float64, 0, int(leaves)*width)
	var err error
	for i, left := range t.left {
		if left == leaf {
			if out.Leaves, err = value(i, out.Leaves); err != nil {
				return out, fmt.Errorf("node %d: %w", i, err)
			}
			continue
		}
		right := t.right[i]
		if left < 0 || right < 0 || left >= int64(n) || right >= int64(n) {
			return out, fmt.Errorf("node %d has children %d and %d of %d", i, left, right, n)
		}
		if t.feature[i] < 0 || t.feature[i] > math.MaxInt32 {
			return out, fmt.Errorf("node %d splits feature %d", i, t.feature[i])
		}
		node := model.Node{
			Feature: int32(t.feature[i]), Threshold: t.threshold[i], Set: -1,
			Left: ids[left], Right: ids[right],
		}
		if t.missingLeft != nil && t.missingLeft[i] != 0 {
			node.Missing = model.MissingLeft
		}
		out.Nodes = append(out.Nodes, node)
	}
	return out, nil
}

// regression builds a tree whose leaves are the values of each output, times a
// factor that is rounded in.
func (t *tree) regression(score int32, factor float64) (model.Tree, error) {
	return t.build(score, t.outputs, func(node int, leaves []float64) ([]float64, error) {
		at := node * t.outputs * t.classes
		for k := range t.outputs {
			leaves = append(leaves, factor*t.values[at+k*t.classes])
		}
		return leaves, nil
	})
}

// classification builds a tree whose leaves are probabilities. Before 1.4,
// predict_proba divided the values by their sum, at first because they were
// counts. A tree alone chose the class before it divided, which could tell
// classes apart that the division makes equal: alone, such a leaf is an error.
func (t *tree) classification(normalise, alone bool) (model.Tree, error) {
	return t.build(-1, t.classes, func(node int, leaves []float64) ([]float64, error) {
		v := t.values[node*t.classes:][:t.classes]
		if !normalise {
			return append(leaves, v...), nil
		}
		total := pairwise(v)
		if total == 0 {
			total = 1
		}
		start := len(leaves)
		for _, x := range v {
			leaves = append(leaves, x/total)
		}
		if alone && argmax(v) != argmax(leaves[start:]) {
			return leaves, fmt.Errorf("two classes are too close to tell apart")
		}
		return leaves, nil
	})
}

// classifications builds a tree whose leaves are the probabilities of the classes of
// several labels, one label after another, as classification does those of one. The classes
// of the others are filled up with zeros.
func (t *tree) classifications(targets [][]model.Label, normalise, alone bool) (model.Tree, error) {
	width := 0
	for _, classes := range targets {
		width += len(classes)
	}
	return t.build(-1, width, func(node int, leaves []float64) ([]float64, error) {
		for k, classes := range targets {
			v := t.values[(node*t.outputs+k)*t.classes:][:len(classes)]
			if !normalise {
				leaves = append(leaves, v...)
				continue
			}
			total := pairwise(v)
			if total == 0 {
				total = 1
			}
			start := len(leaves)
			for _, x := range v {
				leaves = append(leaves, x/total)
			}
			if alone && argmax(v) != argmax(leaves[start:]) {
				return leaves, fmt.Errorf("two classes of label %d are too close to tell apart", k)
			}
		}
		return leaves, nil
	})
}

func argmax(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// pairwise is numpy's sum of a contiguous array: a plain loop below 8 values,
// eight sums side by side up to 128, halves above.
func pairwise(x []float64) float64 {
	n := len(x)
	switch {
	case n < 8:
		sum := 0.0
		for _, v := range x {
			sum += v
		}
		return sum
	case n <= 128:
		var r [8]float64
		copy(r[:], x)
		i := 8
		for ; i < n-n%8; i += 8 {
			for j := range r {
				r[j] += x[i+j]
			}
		}
		sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		for ; i < n; i++ {
			sum += x[i]
		}
		return sum
	}
	half := n / 2
	half -= half % 8
	return pairwise(x[:half]) + pairwise(x[half:])
}

package catboost

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// ensemble makes the trees. A row goes right where it is above the border.
func (b *builder) ensemble() error {
	d := b.d
	if d.dimension < 1 || d.dimension > model.MaxScores {
		return d.fail("%d scores", d.dimension)
	}
	e := &model.Ensemble{In: b.in, Input: model.F32, Compare: model.LessOrEqual, Sum: model.F64, Base: make([]float64, d.dimension)}
	score := int32(0)
	if d.dimension > 1 {
		score = -1
	}
	e.Trees = make([]model.Tree, 0, len(d.oblivious)+len(d.trees))
	for i := range d.oblivious {
		t := &d.oblivious[i]
		tree := model.Tree{Score: score, Leaves: t.leaves}
		if err := b.perfect(&tree, t.splits); err != nil {
			return err
		}
		e.Trees = append(e.Trees, tree)
	}
	for i := range d.trees {
		t := &d.trees[i]
		tree := model.Tree{Score: score, Leaves: t.leaves, Nodes: make([]model.Node, len(t.splits))}
		for j, number := range t.splits {
			if err := b.node(&tree.Nodes[j], number, t.left[j], t.right[j]); err != nil {
				return err
			}
		}
		e.Trees = append(e.Trees, tree)
	}
	if err := b.offset(e); err != nil {
		return err
	}
	b.m.Estimator = e
	return nil
}

// offset sets what comes after the sum. Scale and bias that change nothing are
// left out, by CatBoost, too.
func (b *builder) offset(e *model.Ensemble) error {
	identity := b.d.scale == 1
	for _, v := range b.d.bias {
		identity = identity && v == 0
	}
	if identity {
		return nil
	}
	e.Scale, e.Offset = b.d.scale, make([]float64, b.d.dimension)
	if n := len(b.d.bias); n != 0 && n != len(e.Offset) {
		return b.d.fail("%d biases for %d scores", n, len(e.Offset))
	}
	copy(e.Offset, b.d.bias)
	return nil
}

// perfect makes the nodes of an oblivious tree in the order of a heap. The last
// split is the root: its answer is the highest bit of a leaf's number.
func (b *builder) perfect(t *model.Tree, splits []int32) error {
	nodes := 1<<len(splits) - 1
	t.Nodes = make([]model.Node, nodes)
	for i := range t.Nodes {
		level := 0
		for first := i + 1; first > 1; first >>= 1 {
			level++
		}
		left, right := int32(2*i+1), int32(2*i+2) // #nosec G115 -- maxSplits levels
		if 2*i+1 >= nodes {
			left, right = ^(left - int32(nodes)), ^(right - int32(nodes)) // #nosec G115 -- as above
		}
		if err := b.node(&t.Nodes[i], splits[len(splits)-1-level], left, right); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) node(n *model.Node, number, left, right int32) error {
	if number < 0 || int(number) >= len(b.split) {
		return b.d.fail("split %d; there are %d", number, len(b.split))
	}
	s := &b.split[number]
	*n = model.Node{Feature: s.input, Left: left, Right: right, Threshold: s.border, Set: -1, Missing: s.missing}
	return nil
}

package catboost

// maxNodes bounds the nesting of trees that are not oblivious.
const maxNodes = 1 << 24

// trees reads the trees of either kind. Their width is told by their leaves.
func (j *jsonModel) trees(d *document) error {
	d.dimension = max(1, len(d.bias))
	for i, t := range j.Trees {
		depth := len(t.Splits)
		if depth > maxSplits || len(t.Leaves)>>depth < 1 || len(t.Leaves)&(1<<depth-1) != 0 {
			return failJSON("tree %d has %d splits and %d leaf values", i, depth, len(t.Leaves))
		}
		if width := len(t.Leaves) >> depth; i == 0 {
			d.dimension = width
		} else if width != d.dimension {
			return failJSON("tree %d has %d scores; those before have %d", i, width, d.dimension)
		}
		tree := obliviousTree{leaves: t.Leaves}
		for _, s := range t.Splits {
			if s.Index == nil {
				return failJSON("a split of tree %d has no split_index", i)
			}
			tree.splits = append(tree.splits, *s.Index)
		}
		d.oblivious = append(d.oblivious, tree)
	}
	for i := range j.Others {
		var tree asymmetricTree
		r := nested{tree: &tree, dimension: &d.dimension, first: i == 0 && len(j.Trees) == 0}
		if _, err := r.node(&j.Others[i]); err != nil {
			return err
		}
		d.trees = append(d.trees, tree)
	}
	return nil
}

// nested goes through a tree of nodes within nodes; how deep they nest is
// bounded by the parser.
type nested struct {
	tree      *asymmetricTree
	dimension *int
	first     bool // no leaf has told the width yet
}

// node returns a split's number, or ^ a leaf's.
func (r *nested) node(n *jsonNode) (int32, error) {
	t := r.tree
	if n.Value != nil {
		if r.first {
			*r.dimension, r.first = len(*n.Value), false
		}
		if len(*n.Value) != *r.dimension || *r.dimension == 0 {
			return 0, failJSON("a leaf has %d values; others have %d", len(*n.Value), *r.dimension)
		}
		number := len(t.leaves) / *r.dimension
		t.leaves = append(t.leaves, *n.Value...)
		return ^int32(number), nil // #nosec G115 -- less than maxNodes
	}
	if n.Split == nil || n.Split.Index == nil || n.Left == nil || n.Right == nil {
		return 0, failJSON("a node of a tree has neither a value nor a split_index and two children")
	}
	at := len(t.splits)
	if at == maxNodes {
		return 0, failJSON("a tree of more than %d nodes", maxNodes)
	}
	t.splits, t.left, t.right = append(t.splits, *n.Split.Index), append(t.left, 0), append(t.right, 0)
	var err error
	if t.left[at], err = r.node(n.Left); err != nil {
		return 0, err
	}
	if t.right[at], err = r.node(n.Right); err != nil {
		return 0, err
	}
	return int32(at), nil // #nosec G115 -- less than maxNodes
}

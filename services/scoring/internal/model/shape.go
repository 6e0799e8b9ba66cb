package model

// Shape returns the number of trees, the splits on the longest path, and the
// number of leaves. The ensemble must be valid.
func (e *Ensemble) Shape() (trees, depth, leaves int) {
	type visit struct {
		node  int32
		depth int
	}
	var open []visit
	for i := range e.Trees {
		nodes := e.Trees[i].Nodes
		leaves += len(nodes) + 1
		if len(nodes) > 0 {
			open = append(open, visit{0, 1})
		}
		for len(open) > 0 {
			v := open[len(open)-1]
			open = open[:len(open)-1]
			depth = max(depth, v.depth)
			for _, child := range [2]int32{nodes[v.node].Left, nodes[v.node].Right} {
				if child >= 0 {
					open = append(open, visit{child, v.depth + 1})
				}
			}
		}
	}
	return len(e.Trees), depth, leaves
}

package engine

// interleave is the number of walks that go side by side. A walk waits for
// memory at every node; walks that do not depend on one another wait together.
const interleave = 4

// scoreRows scores few rows: row by row, several trees at a time.
func (t *trees[K]) scoreRows(b *Block, s *treeScratch[K]) {
	stride, width, last := t.stride(), len(t.base), len(t.roots)-1
	for row := range b.rows {
		keys := s.keys[row*stride:][:stride]
		scores := b.scores[row*width:][:width]
		for i := 0; i <= last; i += interleave {
			at := [interleave]int32{t.roots[i], t.roots[min(i+1, last)], t.roots[min(i+2, last)], t.roots[min(i+3, last)]}
			walkTrees(t.nodes, keys, &at)
			for j, leaf := range at[:min(interleave, last+1-i)] {
				t.add(scores, i+j, leaf)
			}
		}
	}
}

// scoreTrees scores many rows: tree by tree, so that a tree stays in the
// cache, several rows at a time.
func (t *trees[K]) scoreTrees(b *Block, s *treeScratch[K]) {
	stride, width, last := t.stride(), len(t.base), b.rows-1
	for tree, root := range t.roots {
		for row := 0; row <= last; row += interleave {
			rows := [interleave]int{row, min(row+1, last), min(row+2, last), min(row+3, last)}
			leaves := walkRows(t.nodes, s.keys, root, stride, &rows)
			for j, leaf := range leaves[:min(interleave, b.rows-row)] {
				t.add(b.scores[(row+j)*width:][:width], tree, leaf)
			}
		}
	}
}

// walkTrees walks one row through the trees at the given roots and replaces
// those by the places of the leaves' values.
func walkTrees[K key](nodes []node[K], keys []K, at *[interleave]int32) {
	i0, i1, i2, i3 := at[0], at[1], at[2], at[3]
	for {
		n0, n1, n2, n3 := &nodes[i0], &nodes[i1], &nodes[i2], &nodes[i3]
		j0 := n0.next + one(keys[n0.view] > n0.key)
		j1 := n1.next + one(keys[n1.view] > n1.key)
		j2 := n2.next + one(keys[n2.view] > n2.key)
		j3 := n3.next + one(keys[n3.view] > n3.key)
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3) == 0 {
			*at = [interleave]int32{int32(n0.key), int32(n1.key), int32(n2.key), int32(n3.key)}
			return
		}
		i0, i1, i2, i3 = j0, j1, j2, j3
	}
}

// walkRows walks several rows through one tree and returns the places of the
// leaves' values.
func walkRows[K key](nodes []node[K], keys []K, root int32, stride int, rows *[interleave]int) [interleave]int32 {
	i0, i1, i2, i3 := root, root, root, root
	k0, k1, k2, k3 := keys[rows[0]*stride:], keys[rows[1]*stride:], keys[rows[2]*stride:], keys[rows[3]*stride:]
	for {
		n0, n1, n2, n3 := &nodes[i0], &nodes[i1], &nodes[i2], &nodes[i3]
		j0 := n0.next + one(k0[n0.view] > n0.key)
		j1 := n1.next + one(k1[n1.view] > n1.key)
		j2 := n2.next + one(k2[n2.view] > n2.key)
		j3 := n3.next + one(k3[n3.view] > n3.key)
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3) == 0 {
			return [interleave]int32{int32(n0.key), int32(n1.key), int32(n2.key), int32(n3.key)}
		}
		i0, i1, i2, i3 = j0, j1, j2, j3
	}
}

// one is 1 for true, without a branch.
func one(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

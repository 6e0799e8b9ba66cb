package perfect

const (
	// maxWalked is the greatest depth of trees that are walked.
	maxWalked = 8
	// heapSize is the nodes of the largest of them.
	heapSize = 1 << maxWalked
	// Together is the number of walks that go side by side: each waits for memory
	// at every node.
	Together = 4
)

// Walks reports whether the trees are walked, for want of instructions that
// ask all nodes. A node is then its column and, above it, its code.
func (f *Forest) Walks() bool { return f.heaps != nil }

// heap is a tree's nodes; those of trees that are less deep go on with others.
func (f *Forest) heap(tree int) *[heapSize]uint16 {
	return (*[heapSize]uint16)(f.heaps[tree<<f.depth:])
}

// right is 1 where a row goes right.
func right(node uint16, codes *[MaxColumns]uint8) uint32 {
	return (uint32(node>>8) - uint32(codes[node%MaxColumns])) >> 31
}

// walkTrees goes down all trees with one row.
func (f *Forest) walkTrees(codes *[MaxColumns]uint8, exits []uint8) {
	for tree := 0; tree < f.trees; tree += Together {
		h0, h1, h2, h3 := f.heap(tree), f.heap(tree+1), f.heap(tree+2), f.heap(tree+3)
		i0, i1, i2, i3 := uint32(1), uint32(1), uint32(1), uint32(1)
		for range f.depth {
			n0, n1, n2, n3 := h0[uint8(i0)], h1[uint8(i1)], h2[uint8(i2)], h3[uint8(i3)]
			i0, i1 = 2*i0+right(n0, codes), 2*i1+right(n1, codes)
			i2, i3 = 2*i2+right(n2, codes), 2*i3+right(n3, codes)
		}
		f.exit(exits[tree:], i0, i1, i2, i3)
	}
}

// Rows writes the exits of one tree for rows, whole groups of Together. The
// codes of a row begin a stride after those of the row before; MaxColumns of
// them are read. It is for forests that walk, and safe for concurrent use.
func (f *Forest) Rows(tree int, codes []uint8, stride int, exits []uint8) {
	heap := f.heap(tree)
	for row := 0; row < len(exits); row += Together {
		c := codes[row*stride:]
		c0, c1 := (*[MaxColumns]uint8)(c), (*[MaxColumns]uint8)(c[stride:])
		c2, c3 := (*[MaxColumns]uint8)(c[2*stride:]), (*[MaxColumns]uint8)(c[3*stride:])
		i0, i1, i2, i3 := uint32(1), uint32(1), uint32(1), uint32(1)
		for range f.depth {
			n0, n1, n2, n3 := heap[uint8(i0)], heap[uint8(i1)], heap[uint8(i2)], heap[uint8(i3)]
			i0, i1 = 2*i0+right(n0, c0), 2*i1+right(n1, c1)
			i2, i3 = 2*i2+right(n2, c2), 2*i3+right(n3, c3)
		}
		f.exit(exits[row:], i0, i1, i2, i3)
	}
}

// exit counts places below the last nodes from the left.
func (f *Forest) exit(exits []uint8, i0, i1, i2, i3 uint32) {
	below := uint32(1) << f.depth
	e := (*[Together]uint8)(exits)
	e[0], e[1], e[2], e[3] = uint8(i0-below), uint8(i1-below), uint8(i2-below), uint8(i3-below)
}

package bitslice

// Rows is the greatest number of rows of a block.
const Rows = 512

// group is the number of rows that one instruction compares.
const group = 64

// A Block is the working memory for one block of rows: set the codes of every
// column, then Score. Not safe for concurrent use.
type Block struct {
	forest *Forest
	codes  []uint8
	halves []uint64 // the codes as the portable comparison takes them; or nil
	slots  []uint64
	index  [Rows]uint8
	single []float32
	double []float64
}

// NewBlock returns working memory.
func (f *Forest) NewBlock() *Block {
	b := &Block{forest: f, codes: make([]uint8, f.columns*Rows), slots: make([]uint64, f.slots)}
	for i := range slotWords {
		b.slots[ones+i] = ^uint64(0)
	}
	if f.use.halved() {
		b.halves = make([]uint64, f.columns*len(halves{}))
	}
	if f.single {
		b.single = make([]float32, f.width*Rows)
	} else {
		b.double = make([]float64, f.width*Rows)
	}
	return b
}

// Codes returns the codes of a column.
func (b *Block) Codes(column int) *[Rows]uint8 {
	return (*[Rows]uint8)(b.codes[column*Rows:])
}

// Score adds up the trees for the first rows rows and writes the scores row by
// row. A sum starts at the score's base.
func (b *Block) Score(rows int, base, scores []float64) {
	f := b.forest
	if f.single {
		start(b.single, base, rows)
	} else {
		start(b.double, base, rows)
	}
	groups := (rows + group - 1) / group
	b.halve(groups)
	f.sum(b, groups)
	if f.single {
		finish(scores, b.single, rows, f.width)
	} else {
		finish(scores, b.double, rows, f.width)
	}
}

func start[T float32 | float64](sums []T, base []float64, rows int) {
	for k, v := range base {
		for i := range sums[k*Rows:][:rows] {
			sums[k*Rows+i] = T(v)
		}
	}
}

func finish[T float32 | float64](scores []float64, sums []T, rows, width int) {
	for k := range width {
		for row, v := range sums[k*Rows:][:rows] {
			scores[row*width+k] = float64(v)
		}
	}
}

// sum goes through the trees, each a run of nodes, selections and leaves.
func (f *Forest) sum(b *Block, groups int) {
	own := b.slots[f.shared.end():]
	if len(f.shared.nodes) > 0 {
		f.use.compare(f.shared.nodes, b, groups, b.slots[firstShared:])
	}
	nodes, parities, terms, muxes, leaves, wide := f.nodes, f.parities, f.terms, f.muxes, f.leaves, f.wide
	for i := range f.trees {
		t := &f.trees[i]
		if t.nodes > 0 {
			f.use.compare(nodes[:t.nodes], b, groups, own)
		}
		if t.parities > 0 {
			f.use.parity(parities[:t.parities], terms[:t.terms], groups, b.slots, own[t.nodes*slotWords:])
		}
		if t.muxes > 0 {
			f.use.mux(muxes[:t.muxes], groups, b.slots)
		}
		f.use.index(&t.planes, t.bits, b.slots, groups, &b.index)
		first, last := t.score, t.score
		if t.score < 0 {
			first, last = 0, f.width-1
		}
		for k := first; k <= last; k++ {
			if f.single {
				f.use.add32(leaves[:t.leaves], &b.index, groups, b.single[k*Rows:])
				leaves = leaves[t.leaves:]
			} else {
				f.use.add64(wide[:t.leaves], &b.index, groups, b.double[k*Rows:])
				wide = wide[t.leaves:]
			}
		}
		nodes, parities, terms, muxes = nodes[t.nodes:], parities[t.parities:], terms[t.terms:], muxes[t.muxes:]
	}
}

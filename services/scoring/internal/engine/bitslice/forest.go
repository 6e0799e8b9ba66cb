package bitslice

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// A Tree is what New takes.
type Tree struct {
	Splits []Split
	Score  int       // the score that the leaves add to; -1: each leaf has a value for every score
	Leaves []float64 // by leaf, and by score within a leaf where Score is -1
}

// A Forest is a compiled ensemble. It is immutable.
type Forest struct {
	use      kernels
	width    int
	single   bool // sums are float32
	columns  int
	slots    int
	shared   *shared
	trees    []tree
	nodes    []uint32
	parities []parity
	terms    []uint8
	muxes    []mux
	leaves   []float32 // one of the two
	wide     []float64
}

type tree struct {
	nodes, parities, terms, muxes int // how many
	planes                        [8]uint16
	bits                          int
	score                         int // -1: all
	leaves                        int // a score's, with padding
}

// The numbers of leaves that a table in registers has.
const (
	inRegisters32 = 64
	inRegisters64 = 32
)

// maxShared is the greatest number of shared comparisons, so that slots can be
// numbered by 16 bits and stay in the second-level cache.
const maxShared = 2048

// New compiles trees. Each has at most MaxLeaves leaves, and columns are less
// than MaxColumns. Width is the number of scores; single makes their sums
// float32. It returns nil where the sets of categories are too many.
func New(trees []Tree, width int, single bool, use instructions.Set) *Forest {
	f := &Forest{use: kernels(use), width: width, single: single, shared: newShared(trees)}
	if len(f.shared.nodes) > maxShared {
		return nil
	}
	f.slots = f.shared.end()
	programs := make([]program, len(trees))
	nodes, parities, terms, muxes, leaves := 0, 0, 0, 0, 0
	for i := range trees {
		p := compile(trees[i].Splits, f.shared)
		programs[i] = p
		nodes, parities, terms = nodes+len(p.nodes), parities+len(p.parities), terms+len(p.terms)
		muxes, leaves = muxes+len(p.muxes), leaves+f.room(p.bits)*f.scores(&trees[i])
	}
	f.trees, f.nodes, f.muxes = make([]tree, 0, len(trees)), make([]uint32, 0, nodes), make([]mux, 0, muxes)
	f.parities, f.terms = make([]parity, 0, parities), make([]uint8, 0, terms)
	if single {
		f.leaves = make([]float32, 0, leaves)
	} else {
		f.wide = make([]float64, 0, leaves)
	}
	for i := range trees {
		f.add(&trees[i], &programs[i])
	}
	f.shared.slots, f.shared.first, f.shared.asked = nil, nil, nil
	return f
}

// scores is how many values a leaf of a tree has.
func (f *Forest) scores(from *Tree) int {
	if from.Score < 0 {
		return f.width
	}
	return 1
}

// room is how many leaves of a score a tree has, with padding: as many as
// there are numbers, and at least what a table in registers has.
func (f *Forest) room(bits int) int {
	if f.single {
		return max(1<<bits, inRegisters32)
	}
	return max(1<<bits, inRegisters64)
}

func (f *Forest) add(from *Tree, p *program) {
	t := tree{nodes: len(p.nodes), parities: len(p.parities), terms: len(p.terms), muxes: len(p.muxes), planes: p.planes, bits: p.bits, score: from.Score}
	scores, count := f.scores(from), len(from.Splits)+1
	t.leaves = f.room(p.bits)
	for k := range scores {
		for i := range t.leaves {
			v := 0.0
			if i < count {
				v = from.Leaves[i*scores+k]
			}
			if f.single {
				f.leaves = append(f.leaves, float32(v))
			} else {
				f.wide = append(f.wide, v)
			}
		}
	}
	f.trees = append(f.trees, t)
	f.nodes = append(f.nodes, p.nodes...)
	f.parities, f.terms = append(f.parities, p.parities...), append(f.terms, p.terms...)
	f.muxes = append(f.muxes, p.muxes...)
	f.slots = max(f.slots, p.slots)
	for _, s := range from.Splits {
		f.columns = max(f.columns, int(s.Column)+1)
	}
}

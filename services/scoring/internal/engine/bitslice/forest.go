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
	use     kernels
	width   int
	single  bool // sums are float32
	columns int
	slots   int
	shared  *shared
	trees   []tree
	nodes   []uint32
	muxes   []mux
	leaves  []float32 // one of the two
	wide    []float64
}

type tree struct {
	nodes, muxes int // how many
	planes       [8]uint16
	bits         int
	score        int // -1: all
	leaves       int // a score's, with padding
}

// inRegisters is the number of leaves that a table in registers has.
const inRegisters = 64

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
	for i := range trees {
		f.add(&trees[i])
	}
	f.shared.slots = nil
	return f
}

func (f *Forest) add(from *Tree) {
	p := compile(from.Splits, f.shared)
	t := tree{nodes: len(p.nodes), muxes: len(p.muxes), planes: p.planes, bits: p.bits, score: from.Score}
	scores := 1
	if t.score < 0 {
		scores = f.width
	}
	count := len(from.Splits) + 1
	t.leaves = 1 << p.bits // as many as there are numbers
	if f.single && t.leaves <= inRegisters {
		t.leaves = inRegisters
	}
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
	f.muxes = append(f.muxes, p.muxes...)
	f.slots = max(f.slots, p.slots)
	for _, s := range from.Splits {
		f.columns = max(f.columns, int(s.Column)+1)
	}
}

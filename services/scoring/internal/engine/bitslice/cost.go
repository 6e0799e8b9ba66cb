package bitslice

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Cost estimates what scoring takes, in nanoseconds as measured on one server
// processor: a block of any number of rows, and each group of 64 of them.
func (f *Forest) Cost() (block, group float64) {
	nodes, muxes, trees := float64(len(f.nodes)), float64(len(f.muxes)), float64(len(f.trees))
	terms := float64(len(f.terms) + len(f.shared.nodes))
	switch use := instructions.Set(f.use); {
	case use < instructions.AVX2:
		return 300 + 3*nodes + 2*terms + 5*muxes, 3.5*nodes + 0.5*terms + 2*muxes + 75*trees
	case use < instructions.AVX512:
		return 300 + 0.5*nodes + terms + 1.5*muxes, 0.65*nodes + 22*trees
	}
	return 300 + 0.7*nodes + 1.2*terms + 1.9*muxes, 0.3*nodes + 12*trees
}

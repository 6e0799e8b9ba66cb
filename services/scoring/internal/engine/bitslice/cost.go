package bitslice

// Cost estimates what scoring takes, in nanoseconds as measured on a server
// processor with AVX-512: a block of any number of rows, and each group of 64
// of them.
func (f *Forest) Cost() (block, group float64) {
	nodes, muxes := float64(len(f.nodes)), float64(len(f.muxes))
	return 0.4*nodes + 1.3*muxes, 0.38*nodes + 12*float64(len(f.trees))
}

//go:build !amd64

package bitslice

// Available reports whether this processor has the instructions for which the
// package is worth it.
const Available = false

func compare(nodes []uint32, codes []uint8, groups int, masks []uint64) {
	comparePortable(nodes, codes, groups, masks)
}

func runMuxes(muxes []mux, slots []uint64) { runMuxesPortable(muxes, slots) }

func indexLeaves(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	indexLeavesPortable(planes, bits, slots, groups, index)
}

func add32(leaves []float32, index *[Rows]uint8, groups int, sums []float32) {
	addPortable(leaves, index, groups, sums)
}

func add64(leaves []float64, index *[Rows]uint8, groups int, sums []float64) {
	addPortable(leaves, index, groups, sums)
}

func (c *Columns) code(of *column, x []float64, codes []uint8) { c.codePortable(of, x, codes) }

// CodeRow writes the codes of one row, of RowColumns values.
func (c *Columns) CodeRow(x []float64, codes []uint8) { c.codeRowPortable(x, codes) }

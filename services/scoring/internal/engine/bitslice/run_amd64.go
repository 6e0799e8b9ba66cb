package bitslice

import "golang.org/x/sys/cpu"

// Available reports whether this processor has the instructions for which the
// package is worth it.
var Available = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2

// portable makes a test run the steps in Go.
var portable = !Available

// The functions below check what the assembly relies on and their arguments do
// not say: NewBlock makes codes, slots and sums for whole blocks, and compile
// names only slots and leaves that there are.

func compare(nodes []uint32, codes []uint8, groups int, masks []uint64) {
	if portable {
		comparePortable(nodes, codes, groups, masks)
		return
	}
	_ = masks[len(nodes)*slotWords-1]
	compare512(&nodes[0], len(nodes), &codes[0], groups, &masks[0])
}

func runMuxes(muxes []mux, slots []uint64) {
	if portable {
		runMuxesPortable(muxes, slots)
		return
	}
	mux512((*[4]uint16)(&muxes[0]), len(muxes), &slots[0])
}

func indexLeaves(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	if portable {
		indexLeavesPortable(planes, bits, slots, groups, index)
		return
	}
	index512(&planes[0], bits, &slots[0], groups, &index[0])
}

func add32(leaves []float32, index *[Rows]uint8, groups int, sums []float32) {
	_ = sums[Rows-1]
	switch {
	case portable:
		addPortable(leaves, index, groups, sums)
	case len(leaves) == inRegisters:
		add32permute512(&leaves[0], &index[0], groups, &sums[0])
	default:
		add32gather512(&leaves[0], &index[0], groups, &sums[0])
	}
}

func add64(leaves []float64, index *[Rows]uint8, groups int, sums []float64) {
	if portable {
		addPortable(leaves, index, groups, sums)
		return
	}
	_ = sums[Rows-1]
	add64gather512(&leaves[0], &index[0], groups, &sums[0])
}

// code finds the codes of a multiple of 16 values, more than none.
func (c *Columns) code(of *column, x []float64, codes []uint8) {
	if portable {
		c.codePortable(of, x, codes)
		return
	}
	_ = codes[len(x)-1]
	if c.single {
		table := c.table32[of.base:][:1<<of.levels]
		code32_512(&x[0], len(x), &table[0], of.levels, float32(of.missing), &codes[0])
	} else {
		table := c.table64[of.base:][:1<<of.levels]
		code64_512(&x[0], len(x), &table[0], of.levels, of.missing, &codes[0])
	}
}

// CodeRow writes the codes of one row, of RowColumns values.
func (c *Columns) CodeRow(x []float64, codes []uint8) {
	n := c.RowColumns()
	switch {
	case n == 0:
	case portable:
		c.codeRowPortable(x, codes)
	case c.single:
		_, _ = x[n-1], codes[n-1]
		codeRow32_512(&x[0], n/16, &c.table32[0], &c.lanes32[0], &codes[0])
	default:
		_, _ = x[n-1], codes[n-1]
		codeRow64_512(&x[0], n/8, &c.table64[0], &c.lanes64[0], &codes[0])
	}
}

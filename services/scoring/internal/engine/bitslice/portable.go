package bitslice

// The steps in Go, for processors without the instructions and as what the
// assembly is held to.

func comparePortable(nodes []uint32, codes []uint8, groups int, masks []uint64) {
	for i, node := range nodes {
		column := codes[int(node>>8)*Rows:][:Rows]
		for g := range groups {
			mask := uint64(0)
			for r, code := range column[g*group:][:group] {
				if code > uint8(node) {
					mask |= 1 << r
				}
			}
			masks[i*slotWords+g] = mask
		}
	}
}

func runMuxesPortable(muxes []mux, slots []uint64) {
	for _, m := range muxes {
		for w := range uint16(slotWords) {
			s := slots[m[2]+w]
			slots[m[3]+w] = slots[m[1]+w]&s | slots[m[0]+w]&^s
		}
	}
}

func indexLeavesPortable(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	for r := range groups * group {
		leaf := uint64(0)
		for i, plane := range planes[:bits] {
			leaf |= slots[int(plane)+r/64] >> (r % 64) & 1 << i
		}
		index[r] = uint8(leaf)
	}
}

func addPortable[T float32 | float64](leaves []T, index *[Rows]uint8, groups int, sums []T) {
	for r, leaf := range index[:groups*group] {
		sums[r] += leaves[leaf]
	}
}

func (c *Columns) codePortable(of *column, x []float64, codes []uint8) {
	for r, v := range x {
		if c.single {
			codes[r] = descend(float32(v), c.table32[of.base:], of.levels, float32(of.missing))
		} else {
			codes[r] = descend(v, c.table64[of.base:], of.levels, of.missing)
		}
	}
}

func (c *Columns) codeRowPortable(x []float64, codes []uint8) {
	for i := range c.columns {
		c.codePortable(&c.columns[i], x[i:i+1], codes[i:])
	}
}

func descend[T float32 | float64](x T, table []T, levels int, missing T) uint8 {
	if x != x {
		x = missing
	}
	h := 1
	for range levels {
		if x > table[h] {
			h = 2*h + 1
		} else {
			h *= 2
		}
	}
	return uint8(h - 1<<levels)
}

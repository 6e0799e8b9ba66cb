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

func codePortable[T float32 | float64](x []float64, table []T, levels int, missing float64, codes []uint8) {
	for r, v := range x {
		if v != v {
			v = missing
		}
		h := 1
		for range levels {
			if T(v) > table[h] {
				h = 2*h + 1
			} else {
				h *= 2
			}
		}
		codes[r] = uint8(h - 1<<levels)
	}
}

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

func muxPortable(muxes []mux, slots []uint64) {
	for _, m := range muxes {
		for w := range uint16(slotWords) {
			s := slots[m[2]+w]
			slots[m[3]+w] = slots[m[1]+w]&s | slots[m[0]+w]&^s
		}
	}
}

func indexPortable(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
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

// searchPortable sets the codes of values that have a table each.
func searchPortable[K int32 | int64](tables []K, x []float64, places []uint32, missing []K, codes []uint8, key func(float64) K) {
	for i, v := range x {
		k := key(v)
		if v != v {
			k = missing[i]
		}
		codes[i] = search(tables[places[i]:], k)
	}
}

// spreadPortable sets the codes of values of one column.
func spreadPortable[K int32 | int64](table []K, x []float64, missing K, codes []uint8, key func(float64) K) {
	for i, v := range x {
		k := key(v)
		if v != v {
			k = missing
		}
		codes[i] = search(table, k)
	}
}

func search[K int32 | int64](table []K, k K) uint8 {
	block := below(table, k)
	return uint8(block*counted + below(table[(1+block)*counted:], k))
}

// below is how many of the first 15 keys, in breadth-first order, lie below k.
func below[K int32 | int64](places []K, k K) int {
	p := 1
	for p < counted {
		p *= 2
		if places[p/2] < k {
			p++
		}
	}
	return p - counted
}

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

// searchPortable sets the codes of n values. With one place it is for all of
// them, else each has its own.
func searchPortable[K int32 | int64](tables []K, x []float64, places []uint32, missing []K, codes []uint8, key func(float64) K) {
	for i, v := range x {
		column := min(i, len(places)-1)
		k := key(v)
		if v != v {
			k = missing[min(i, len(missing)-1)]
		}
		table := tables[places[column]:]
		block := below(table, k)
		codes[i] = uint8(block*counted + below(table[(1+block)*counted:], k))
	}
}

// below is how many of the first counted keys, which are sorted, lie below k.
func below[K int32 | int64](keys []K, k K) (n int) {
	for _, other := range keys[:counted] {
		if other < k {
			n++
		}
	}
	return n
}

package bitslice

import "encoding/binary"

// The steps in Go, for processors without the instructions: eight codes in a
// word. So that a sum of two bytes tells by its highest bit which is greater, and
// never runs over into the next, a code is split in halves: what it has up to
// half, and what it has beyond. A threshold is in one of them.
//
// In a mask, the bit of row 8j+i of a group is 8i+7-j: words of answers go in side
// by side, each shifted by one bit more.

const (
	half  = 127                // of the codes
	bytes = 0x0101010101010101 // one in each
	highs = bytes << 7
)

// halve splits the codes of all columns.
func (b *Block) halve(groups int) {
	for column := range len(b.halves) / len(halves{}) {
		codes, h := b.Codes(column), (*halves)(b.halves[column*len(halves{}):])
		for i := range groups * group / 8 {
			code := binary.LittleEndian.Uint64(codes[8*i:])
			high := code >> 7 & bytes
			above := high<<8 - high // all bits of the bytes above half
			h[i] = (code | above) &^ highs
			h[Rows/8+i] = code&^highs&above + high
		}
	}
}

// halves are those of a column: the lower ones of all rows, then the upper ones.
type halves [2 * Rows / 8]uint64

func comparePortable(nodes []uint32, columns []uint64, groups int, masks []uint64) {
	for i, node := range nodes {
		h, code := (*halves)(columns[int(node>>8)*len(halves{}):]), uint64(uint8(node))
		from := h[:Rows/8]
		if code >= half {
			from, code = h[Rows/8:], code-half
		}
		add := (half - code) * bytes // lifts what is above code to the highest bit
		mask := masks[i*slotWords:][:groups]
		for g := range mask {
			w := (*[8]uint64)(from[8*g:])
			mask[g] = (w[0]+add)&highs |
				(w[1]+add)&highs>>1 |
				(w[2]+add)&highs>>2 |
				(w[3]+add)&highs>>3 |
				(w[4]+add)&highs>>4 |
				(w[5]+add)&highs>>5 |
				(w[6]+add)&highs>>6 |
				(w[7]+add)&highs>>7
		}
	}
}

func parityPortable(splits []parity, terms []uint8, groups int, slots, masks []uint64) {
	for i, split := range splits {
		mask := masks[i*slotWords:][:groups]
		clear(mask)
		for _, term := range terms[:split[1]] {
			above := slots[int(split[0])+int(term)*slotWords:][:groups]
			for g := range mask {
				mask[g] ^= above[g]
			}
		}
		terms = terms[split[1]:]
	}
}

func muxPortable(muxes []mux, groups int, slots []uint64) {
	type slot = [slotWords]uint64
	for _, m := range muxes {
		left, right := (*slot)(slots[m[0]:]), (*slot)(slots[m[1]:])
		selector, to := (*slot)(slots[m[2]:]), (*slot)(slots[m[3]:])
		if groups < slotWords {
			for w := range groups {
				to[w] = left[w] ^ (left[w]^right[w])&selector[w]
			}
			continue
		}
		to[0] = left[0] ^ (left[0]^right[0])&selector[0]
		to[1] = left[1] ^ (left[1]^right[1])&selector[1]
		to[2] = left[2] ^ (left[2]^right[2])&selector[2]
		to[3] = left[3] ^ (left[3]^right[3])&selector[3]
		to[4] = left[4] ^ (left[4]^right[4])&selector[4]
		to[5] = left[5] ^ (left[5]^right[5])&selector[5]
		to[6] = left[6] ^ (left[6]^right[6])&selector[6]
		to[7] = left[7] ^ (left[7]^right[7])&selector[7]
	}
}

func indexPortable(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	for g := range groups {
		var words [8]uint64
		for i, plane := range planes[:bits] {
			p := slots[int(plane)+g]
			words[0] |= p >> 7 & bytes << i
			words[1] |= p >> 6 & bytes << i
			words[2] |= p >> 5 & bytes << i
			words[3] |= p >> 4 & bytes << i
			words[4] |= p >> 3 & bytes << i
			words[5] |= p >> 2 & bytes << i
			words[6] |= p >> 1 & bytes << i
			words[7] |= p & bytes << i
		}
		for j, w := range words {
			binary.LittleEndian.PutUint64(index[g*group+8*j:], w)
		}
	}
}

func addPortable[T float32 | float64](leaves []T, index *[Rows]uint8, groups int, sums []T) {
	rows := index[:groups*group]
	sums = sums[:len(rows)]
	for r, leaf := range rows {
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
	block := below((*[counted]K)(table), k)
	return uint8(block*counted + below((*[counted]K)(table[(1+block)*counted:]), k))
}

// below is how many of the first 15 keys, in breadth-first order, lie below k.
// It does not branch: values are anything.
func below[K int32 | int64](places *[counted]K, k K) int {
	p := 2 + one(places[1] < k)
	p = 2*p + one(places[p%counted] < k)
	p = 2*p + one(places[p%counted] < k)
	p = 2*p + one(places[p%counted] < k)
	return p - counted
}

// one is 1 for true, without a branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

package bitslice

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// kernels are the steps for a set of instructions.
//
// The methods check what the assembly relies on and their arguments do not say:
// NewBlock makes codes, slots and sums for whole blocks, compile names only
// columns, slots and leaves that there are, and appendTable makes as many
// blocks as its separators tell.
type kernels instructions.Set

func (k kernels) set() instructions.Set { return instructions.Set(k) }

// halved reports whether compare needs the halves of codes.
func (k kernels) halved() bool { return k.set() < instructions.AVX2 }

func (k kernels) compare(nodes []uint32, b *Block, groups int, masks []uint64) {
	_ = masks[len(nodes)*slotWords-1]
	switch {
	case k.set() >= instructions.AVX512:
		compare512(&nodes[0], len(nodes), &b.codes[0], groups, &masks[0])
	case k.set() >= instructions.AVX2:
		compare256(&nodes[0], len(nodes), &b.codes[0], groups, &masks[0])
	default:
		comparePortable(nodes, b.halves, groups, masks)
	}
}

func (k kernels) parity(splits []parity, terms []uint8, groups int, slots, masks []uint64) {
	_, _ = terms[0], masks[len(splits)*slotWords-1]
	switch {
	case k.set() >= instructions.AVX512:
		parity512((*[2]uint16)(&splits[0]), len(splits), &terms[0], &slots[0], &masks[0])
	case k.set() >= instructions.AVX2:
		parity256((*[2]uint16)(&splits[0]), len(splits), &terms[0], &slots[0], &masks[0])
	default:
		parityPortable(splits, terms, groups, slots, masks)
	}
}

func (k kernels) mux(muxes []mux, groups int, slots []uint64) {
	switch {
	case k.set() >= instructions.AVX512:
		mux512((*[4]uint16)(&muxes[0]), len(muxes), &slots[0])
	case k.set() >= instructions.AVX2:
		mux256((*[4]uint16)(&muxes[0]), len(muxes), &slots[0])
	default:
		muxPortable(muxes, groups, slots)
	}
}

func (k kernels) index(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	switch {
	case k.set() >= instructions.AVX512:
		index512(&planes[0], bits, &slots[0], groups, &index[0])
	case k.set() >= instructions.AVX2:
		index256(&planes[0], bits, &slots[0], groups, &index[0])
	default:
		indexPortable(planes, bits, slots, groups, index)
	}
}

func (k kernels) add32(leaves []float32, index *[Rows]uint8, groups int, sums []float32) {
	_ = sums[Rows-1]
	switch {
	case k.set() >= instructions.AVX512 && len(leaves) == inRegisters32:
		add32permute512(&leaves[0], &index[0], groups, &sums[0])
	case k.set() >= instructions.AVX2:
		add32blend256(&leaves[0], &index[0], groups, &sums[0])
	default:
		addPortable(leaves, index, groups, sums)
	}
}

func (k kernels) add64(leaves []float64, index *[Rows]uint8, groups int, sums []float64) {
	_ = sums[Rows-1]
	switch {
	case k.set() >= instructions.AVX512 && len(leaves) == inRegisters64:
		add64permute512(&leaves[0], &index[0], groups, &sums[0])
	case k.set() >= instructions.AVX512 && len(leaves) == 2*inRegisters64:
		add64of64permute512(&leaves[0], &index[0], groups, &sums[0])
	case k.set() >= instructions.AVX2:
		add64blend256(&leaves[0], &index[0], groups, &sums[0])
	default:
		addPortable(leaves, index, groups, sums)
	}
}

// search32 finds the codes of a row; see searchPortable. There are Abreast
// values, or a multiple.
func (k kernels) search32(tables []int32, x []float64, places []uint32, missing []int32, codes []uint8) {
	_, _, _ = places[len(x)-1], missing[len(x)-1], codes[len(x)-1]
	switch {
	case k.set() >= instructions.AVX512:
		search32_512(&x[0], len(x), &tables[0], &places[0], &missing[0], &codes[0])
	case k.set() >= instructions.AVX2:
		search32_256(&x[0], len(x), &tables[0], &places[0], &missing[0], &codes[0])
	default:
		searchPortable(tables, x, places, missing, codes, key32)
	}
}

func (k kernels) search64(tables []int64, x []float64, places []uint32, missing []int64, codes []uint8) {
	_, _, _ = places[len(x)-1], missing[len(x)-1], codes[len(x)-1]
	switch {
	case k.set() >= instructions.AVX512:
		search64_512(&x[0], len(x), &tables[0], &places[0], &missing[0], &codes[0])
	case k.set() >= instructions.AVX2:
		search64_256(&x[0], len(x), &tables[0], &places[0], &missing[0], &codes[0])
	default:
		searchPortable(tables, x, places, missing, codes, key64)
	}
}

// spread32 finds the codes of one column; see spreadPortable. There are
// together values, or a multiple.
func (k kernels) spread32(table []int32, x []float64, missing *[Abreast]int32, codes []uint8) {
	_ = codes[len(x)-1]
	blocks := len(table)/counted - 1
	switch {
	case k.set() >= instructions.AVX512:
		spread32_512(&x[0], len(x), &table[0], blocks, &missing[0], &codes[0])
	case k.set() >= instructions.AVX2:
		spread32_256(&x[0], len(x), &table[0], blocks, &missing[0], &codes[0])
	default:
		spreadPortable(table, x, missing[0], codes, key32)
	}
}

func (k kernels) spread64(table []int64, x []float64, missing *[Abreast]int64, codes []uint8) {
	_ = codes[len(x)-1]
	blocks := len(table)/counted - 1
	switch {
	case k.set() >= instructions.AVX512:
		spread64_512(&x[0], len(x), &table[0], blocks, &missing[0], &codes[0])
	case k.set() >= instructions.AVX2:
		spread64_256(&x[0], len(x), &table[0], blocks, &missing[0], &codes[0])
	default:
		spreadPortable(table, x, missing[0], codes, key64)
	}
}

//go:build !amd64

package bitslice

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// kernels are the steps for a set of instructions.
type kernels instructions.Set

// halved reports whether compare needs the halves of codes.
func (kernels) halved() bool { return true }

func (kernels) compare(nodes []uint32, b *Block, groups int, masks []uint64) {
	comparePortable(nodes, b.halves, groups, masks)
}

func (kernels) parity(splits []parity, terms []uint8, groups int, slots, masks []uint64) {
	parityPortable(splits, terms, groups, slots, masks)
}

func (kernels) mux(muxes []mux, groups int, slots []uint64) { muxPortable(muxes, groups, slots) }

func (kernels) index(planes *[8]uint16, bits int, slots []uint64, groups int, index *[Rows]uint8) {
	indexPortable(planes, bits, slots, groups, index)
}

func (kernels) add32(leaves []float32, index *[Rows]uint8, groups int, sums []float32) {
	addPortable(leaves, index, groups, sums)
}

func (kernels) add64(leaves []float64, index *[Rows]uint8, groups int, sums []float64) {
	addPortable(leaves, index, groups, sums)
}

func (kernels) search32(tables []int32, x []float64, places []uint32, missing []int32, codes []uint8) {
	searchPortable(tables, x, places, missing, codes, key32)
}

func (kernels) search64(tables []int64, x []float64, places []uint32, missing []int64, codes []uint8) {
	searchPortable(tables, x, places, missing, codes, key64)
}

func (kernels) spread32(table []int32, x []float64, missing *[Abreast]int32, codes []uint8) {
	spreadPortable(table, x, missing[0], codes, key32)
}

func (kernels) spread64(table []int64, x []float64, missing *[Abreast]int64, codes []uint8) {
	spreadPortable(table, x, missing[0], codes, key64)
}

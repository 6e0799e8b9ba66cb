package main

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// add64of64permute512 looks double leaves of trees of depth 6 up in eight
// registers: two at a time by one permutation, and the two highest bits of the
// index tell which of the four.
func add64of64permute512() {
	TEXT("add64of64permute512", NOSPLIT, "func(leaves *float64, index *uint8, groups int, sums *float64)")
	Pragma("noescape")
	Doc("add64of64permute512 adds leaves[index[r]] to sums[r]. There are 64 leaves.")
	const lanes = 8
	leaves, index := Load(Param("leaves"), GP64()), Load(Param("index"), GP64())
	count, sums := Load(Param("groups"), GP64()), Load(Param("sums"), GP64())
	SHLQ(Imm(uint64(bits.TrailingZeros(uint(64/lanes)))), count) // vectors

	var table [8]reg.VecVirtual
	for i := range table {
		table[i] = ZMM()
		VMOVUPS(Mem{Base: leaves, Disp: 64 * i}, table[i])
	}
	var bit [2]reg.VecVirtual // 16 and 32
	word := GP64()
	for i := range bit {
		bit[i] = ZMM()
		MOVQ(U32(2*lanes<<i), word)
		VPBROADCASTQ(word, bit[i])
	}

	i, k16, k32 := ZMM(), K(), K()
	var found [4]reg.VecVirtual
	for j := range found {
		found[j] = ZMM()
	}
	Label("rows")
	VPMOVZXBQ(Mem{Base: index}, i)
	VPTESTMQ(bit[0], i, k16)
	VPTESTMQ(bit[1], i, k32)
	for j := range found {
		VMOVAPS(table[2*j], found[j])
		VPERMT2PD(table[2*j+1], i, found[j])
	}
	VMOVAPD(found[1], k16, found[0])
	VMOVAPD(found[3], k16, found[2])
	VMOVAPD(found[2], k32, found[0])
	VADDPD(Mem{Base: sums}, found[0], found[0])
	VMOVUPS(found[0], Mem{Base: sums})
	ADDQ(Imm(lanes), index)
	ADDQ(Imm(64), sums)
	DECQ(count)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

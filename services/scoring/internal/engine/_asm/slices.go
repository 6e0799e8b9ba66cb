package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	rows   = 512
	groups = rows / 64 // a group is 64 rows: one byte compare, one mask register
	slot   = rows / 8  // bytes of one bit a row
)

const lessUnsigned = U8(1) // a predicate of VPCMPUB

// compare512 answers a node for 64 rows by one byte compare.
func compare512() {
	TEXT("compare512", NOSPLIT, "func(nodes *uint32, n int, codes *uint8, groups int, masks *uint64)")
	Pragma("noescape")
	Doc("compare512 sets bit r of each node's mask where codes[column][r] > code,",
		"for groups of 64 rows, or a few more. A node is column<<8 | code; n > 0.")
	nodes, n := Load(Param("nodes"), GP64()), Load(Param("n"), GP64())
	codes, count := Load(Param("codes"), GP64()), Load(Param("groups"), GP64())
	masks := Load(Param("masks"), GP64())
	column, code := GP64(), ZMM()

	node := func() {
		MOVL(Mem{Base: nodes}, column.As32())
		VPBROADCASTB(column.As32(), code)
		SHRQ(Imm(8), column)
		SHLQ(Imm(9), column) // × rows
		ADDQ(codes, column)
	}
	next := func(again string) {
		ADDQ(Imm(4), nodes)
		ADDQ(Imm(slot), masks)
		DECQ(n)
		JNZ(LabelRef(again))
		VZEROUPPER()
		RET()
	}

	// Whole powers of two are unrolled; what more groups come to does not matter.
	for unrolled := 1; unrolled < groups; unrolled *= 2 {
		CMPQ(count, Imm(uint64(unrolled)))
		JLE(LabelRef(fmt.Sprint("groups", unrolled)))
	}
	for unrolled := groups; unrolled >= 1; unrolled /= 2 {
		again := fmt.Sprint("groups", unrolled)
		Label(again)
		node()
		for i := range unrolled {
			k := K()
			VPCMPUB(lessUnsigned, Mem{Base: column, Disp: 64 * i}, code, k)
			KMOVQ(k, Mem{Base: masks, Disp: 8 * i})
		}
		next(again)
	}
}

// mux512 runs a tree's selections.
func mux512() {
	TEXT("mux512", NOSPLIT, "func(ops *[4]uint16, n int, slots *uint64)")
	Pragma("noescape")
	Doc("mux512 runs n selections, n > 0.")
	ops, n := Load(Param("ops"), GP64()), Load(Param("n"), GP64())
	slots := Load(Param("slots"), GP64())
	operand := func(i int) Mem {
		at := GP64()
		MOVWQZX(Mem{Base: ops, Disp: 2 * i}, at)
		return Mem{Base: slots, Index: at, Scale: 8}
	}
	z, right := ZMM(), ZMM()
	Label("op")
	left := operand(0)
	VMOVDQU64(operand(1), right)
	VMOVDQU64(operand(2), z) // the selector
	VPTERNLOGQ(Imm(0xca), left, right, z)
	VMOVDQU64(z, operand(3))
	ADDQ(Imm(8), ops)
	DECQ(n)
	JNZ(LabelRef("op"))
	VZEROUPPER()
	RET()
}

// index512 turns the bits of leaf numbers into bytes.
func index512() {
	TEXT("index512", NOSPLIT, "func(planes *uint16, n int, slots *uint64, groups int, out *uint8)")
	Pragma("noescape")
	Doc("index512 gathers the bits of every row's leaf number, n of 1 to 8, plane by plane.")
	planes, n := Load(Param("planes"), GP64()), Load(Param("n"), GP64())
	slots, count := Load(Param("slots"), GP64()), Load(Param("groups"), GP64())
	out := Load(Param("out"), GP64())

	var bits [8]reg.VecVirtual
	word := GP32()
	for j := range bits {
		bits[j] = ZMM()
		MOVL(U32(1<<j), word)
		VPBROADCASTB(word, bits[j])
	}
	z, at := ZMM(), GP64()
	Label("group")
	VPXORQ(z, z, z)
	for j := range bits {
		k := K()
		MOVWQZX(Mem{Base: planes, Disp: 2 * j}, at)
		KMOVQ(Mem{Base: slots, Index: at, Scale: 8}, k)
		VPADDB(bits[j], z, k, z)
		if j < 7 {
			CMPQ(n, Imm(uint64(j+1)))
			JEQ(LabelRef("store"))
		}
	}
	Label("store")
	VMOVDQU64(z, Mem{Base: out})
	ADDQ(Imm(64), out)
	ADDQ(Imm(8), slots)
	DECQ(count)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// add32permute512 looks leaves up in registers, for 16 rows at a time.
func add32permute512() {
	TEXT("add32permute512", NOSPLIT, "func(leaves *float32, index *uint8, groups int, sums *float32)")
	Pragma("noescape")
	Doc("add32permute512 adds leaves[index[r]] to sums[r]. There are 64 leaves.")
	addPermuted(16, instructions{
		widen: func(index Mem, to reg.VecVirtual) { VPMOVZXBD(index, to) }, fill: VPBROADCASTD, permute: VPERMT2PS, test: VPTESTMD,
		merge: func(from, k, to Op) { VMOVAPS(from, k, to) }, add: func(sums, to Op) { VADDPS(sums, to, to) },
	})
}

// add64permute512 is add32permute512 in double precision, for 8 rows at a time.
func add64permute512() {
	TEXT("add64permute512", NOSPLIT, "func(leaves *float64, index *uint8, groups int, sums *float64)")
	Pragma("noescape")
	Doc("add64permute512 adds leaves[index[r]] to sums[r]. There are 32 leaves.")
	addPermuted(8, instructions{
		widen: func(index Mem, to reg.VecVirtual) { VPMOVZXBQ(index, to) }, fill: VPBROADCASTQ, permute: VPERMT2PD, test: VPTESTMQ,
		merge: func(from, k, to Op) { VMOVAPD(from, k, to) }, add: func(sums, to Op) { VADDPD(sums, to, to) },
	})
}

// instructions are those of addPermuted that depend on the precision.
type instructions struct {
	widen         func(index Mem, to reg.VecVirtual)
	fill          func(...Op)
	permute, test func(...Op)
	merge         func(from, k, to Op)
	add           func(sums, to Op)
}

// addPermuted looks up in four registers: two by one permutation, and the
// highest bit of the index tells the pair.
func addPermuted(lanes int, do instructions) {
	leaves, index := Load(Param("leaves"), GP64()), Load(Param("index"), GP64())
	count, sums := Load(Param("groups"), GP64()), Load(Param("sums"), GP64())
	SHLQ(Imm(uint64(bits.TrailingZeros(uint(64/lanes)))), count) // vectors

	var table [4]reg.VecVirtual
	for i := range table {
		table[i] = ZMM()
		VMOVUPS(Mem{Base: leaves, Disp: 64 * i}, table[i])
	}
	top, word := ZMM(), GP64()
	MOVQ(U32(2*lanes), word)
	if lanes == 8 {
		do.fill(word, top)
	} else {
		do.fill(word.As32(), top)
	}

	i, low, high, k := ZMM(), ZMM(), ZMM(), K()
	Label("rows")
	do.widen(Mem{Base: index}, i)
	VMOVAPS(table[0], low)
	VMOVAPS(table[2], high)
	do.permute(table[1], i, low)
	do.permute(table[3], i, high)
	do.test(top, i, k)
	do.merge(high, k, low)
	do.add(Mem{Base: sums}, low)
	VMOVUPS(low, Mem{Base: sums})
	ADDQ(Imm(uint64(lanes)), index)
	ADDQ(Imm(64), sums)
	DECQ(count)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

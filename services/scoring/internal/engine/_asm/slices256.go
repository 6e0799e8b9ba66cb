package main

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// compare256 is compare512 in vectors of 32 rows. Bytes are compared as signed,
// so both sides are moved by 128.
func compare256() {
	TEXT("compare256", NOSPLIT, "func(nodes *uint32, n int, codes *uint8, groups int, masks *uint64)")
	Pragma("noescape")
	Doc("compare256 is compare512 in vectors of 32 rows.")
	nodes, n := Load(Param("nodes"), GP64()), Load(Param("n"), GP64())
	codes, count := Load(Param("codes"), GP64()), Load(Param("groups"), GP64())
	masks := Load(Param("masks"), GP64())
	column, code, bias := GP64(), YMM(), broadcastByte256(128)

	node := func() {
		MOVL(Mem{Base: nodes}, column.As32())
		VPBROADCASTB(Mem{Base: nodes}, code)
		VPXOR(bias, code, code)
		SHRQ(Imm(8), column)
		SHLQ(Imm(9), column) // × rows
		ADDQ(codes, column)
	}
	half := func(codes, mask Mem) {
		above, bits := YMM(), GP32()
		VPXOR(codes, bias, above)
		VPCMPGTB(code, above, above)
		VPMOVMSKB(above, bits)
		MOVL(bits, mask)
	}
	next := func(again string) {
		ADDQ(Imm(4), nodes)
		ADDQ(Imm(slot), masks)
		DECQ(n)
		JNZ(LabelRef(again))
		VZEROUPPER()
		RET()
	}

	CMPQ(count, Imm(groups))
	JNE(LabelRef("some"))

	Label("all")
	node()
	for i := range 2 * groups {
		half(Mem{Base: column, Disp: 32 * i}, Mem{Base: masks, Disp: 4 * i})
	}
	next("all")

	Label("some")
	node()
	group := GP64()
	XORQ(group, group)
	Label("group")
	for i := range 2 {
		half(Mem{Base: column, Disp: 32 * i}, Mem{Base: masks, Index: group, Scale: 8, Disp: 4 * i})
	}
	ADDQ(Imm(64), column)
	INCQ(group)
	CMPQ(group, count)
	JNE(LabelRef("group"))
	next("some")
}

// mux256 is mux512 in halves.
func mux256() {
	TEXT("mux256", NOSPLIT, "func(ops *[4]uint16, n int, slots *uint64)")
	Pragma("noescape")
	Doc("mux256 runs n selections, n > 0.")
	ops, n := Load(Param("ops"), GP64()), Load(Param("n"), GP64())
	slots := Load(Param("slots"), GP64())
	operand := func(i int) Mem {
		at := GP64()
		MOVWQZX(Mem{Base: ops, Disp: 2 * i}, at)
		return Mem{Base: slots, Index: at, Scale: 8}
	}
	Label("op")
	left, right, selector, to := operand(0), operand(1), operand(2), operand(3)
	var results [2]reg.VecVirtual
	for i := range results { // both before any is stored: to may be an operand
		s, fromRight := YMM(), YMM()
		VMOVDQU(selector.Offset(32*i), s)
		VPAND(right.Offset(32*i), s, fromRight)
		VPANDN(left.Offset(32*i), s, s)
		VPOR(s, fromRight, s)
		results[i] = s
	}
	for i, z := range results {
		VMOVDQU(z, to.Offset(32*i))
	}
	ADDQ(Imm(8), ops)
	DECQ(n)
	JNZ(LabelRef("op"))
	VZEROUPPER()
	RET()
}

// index256 spreads the bits of 32 rows over 32 bytes.
func index256() {
	TEXT("index256", NOSPLIT, "func(planes *uint16, n int, slots *uint64, groups int, out *uint8)")
	Pragma("noescape")
	Doc("index256 gathers the bits of every row's leaf number, n of 1 to 8, plane by plane.")
	planes, n := Load(Param("planes"), GP64()), Load(Param("n"), GP64())
	slots, count := Load(Param("slots"), GP64()), Load(Param("groups"), GP64())
	out := Load(Param("out"), GP64())

	// A row's bit is bit r%8 of byte r/8.
	spread, chosen := YMM(), YMM()
	VMOVDQU(constant("rowByte", func(r int) uint8 { return uint8(r / 8) }), spread)
	VMOVDQU(constant("rowBit", func(r int) uint8 { return 1 << (r % 8) }), chosen)

	leaf := [2]reg.VecVirtual{YMM(), YMM()}
	at, plane := GP64(), GP64()
	Label("group")
	for _, l := range leaf {
		VPXOR(l, l, l)
	}
	MOVQ(n, plane)
	Label("plane") // the highest first
	MOVWQZX(Mem{Base: planes, Index: plane, Scale: 2, Disp: -2}, at)
	for i, l := range leaf {
		set := YMM()
		VPBROADCASTD(Mem{Base: slots, Index: at, Scale: 8, Disp: 4 * i}, set)
		VPSHUFB(spread, set, set)
		VPAND(chosen, set, set)
		VPCMPEQB(chosen, set, set)
		VPADDB(l, l, l)
		VPSUBB(set, l, l)
	}
	DECQ(plane)
	JNZ(LabelRef("plane"))
	for i, l := range leaf {
		VMOVDQU(l, Mem{Base: out, Disp: 32 * i})
	}
	ADDQ(Imm(64), out)
	ADDQ(Imm(8), slots)
	DECQ(count)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// The leaves of some rows are put together one by one: loads from many places
// at once are hardly quicker anywhere, and many times slower on the processors
// that must mitigate Gather Data Sampling.

// add32blend256 takes 8 rows at a time.
func add32blend256() {
	TEXT("add32blend256", NOSPLIT, "func(leaves *float32, index *uint8, groups int, sums *float32)")
	Pragma("noescape")
	Doc("add32blend256 adds leaves[index[r]] to sums[r].")
	addBlended(8, func(leaf Mem, to reg.VecVirtual) { VBROADCASTSS(leaf, to) }, VBLENDPS, VADDPS)
}

// add64blend256 is add32blend256 for sums in double precision.
func add64blend256() {
	TEXT("add64blend256", NOSPLIT, "func(leaves *float64, index *uint8, groups int, sums *float64)")
	Pragma("noescape")
	Doc("add64blend256 adds leaves[index[r]] to sums[r].")
	addBlended(4, func(leaf Mem, to reg.VecVirtual) { VBROADCASTSD(leaf, to) }, VBLENDPD, VADDPD)
}

func addBlended(lanes int, broadcast func(leaf Mem, to reg.VecVirtual), blend func(Op, Op, Op, Op), add func(...Op)) {
	leaves, index := Load(Param("leaves"), GP64()), Load(Param("index"), GP64())
	count, sums := Load(Param("groups"), GP64()), Load(Param("sums"), GP64())
	SHLQ(Imm(uint64(bits.TrailingZeros(uint(64/lanes)))), count) // vectors
	leaf := func(r int) reg.VecVirtual {
		at, all := GP64(), YMM()
		MOVBQZX(Mem{Base: index, Disp: r}, at)
		broadcast(Mem{Base: leaves, Index: at, Scale: uint8(32 / lanes)}, all)
		return all
	}
	// some has the leaves of the rows from r to before end, each in its lane.
	var some func(r, end int) reg.VecVirtual
	some = func(r, end int) reg.VecVirtual {
		if end-r == 1 {
			return leaf(r)
		}
		middle := (r + end) / 2
		low, high := some(r, middle), some(middle, end)
		blend(Imm(uint64(1<<end-1<<middle)), high, low, low)
		return low
	}
	Label("rows")
	all := some(0, lanes)
	add(Mem{Base: sums}, all, all)
	VMOVUPS(all, Mem{Base: sums})
	ADDQ(Imm(uint64(lanes)), index)
	ADDQ(Imm(32), sums)
	DECQ(count)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

// broadcastByte256 is a byte in every lane.
func broadcastByte256(v uint8) reg.VecVirtual {
	y, word := YMM(), GP32()
	MOVL(U32(v), word)
	VMOVD(word, y.AsX())
	VPBROADCASTB(y.AsX(), y)
	return y
}

// constant is a vector of bytes in memory.
func constant(name string, f func(i int) uint8) Mem {
	at := GLOBL(name, RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(f(i)))
	}
	return at
}

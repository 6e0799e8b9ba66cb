package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func parity512() {
	parity(512, func() reg.VecVirtual { return ZMM() }, func(from, to Op) { VMOVDQU64(from, to) }, func(from Mem, z reg.VecVirtual) { VPXORQ(from, z, z) })
}

func parity256() {
	parity(256, func() reg.VecVirtual { return YMM() }, VMOVDQU, func(from Mem, z reg.VecVirtual) { VPXOR(from, z, z) })
}

// parity answers splits of several boundaries: where the code is above an odd
// number of them.
func parity(vector int, register func() reg.VecVirtual, move func(from, to Op), xor func(Mem, reg.VecVirtual)) {
	name := fmt.Sprint("parity", vector)
	TEXT(name, NOSPLIT, "func(splits *[2]uint16, n int, terms *uint8, slots *uint64, masks *uint64)")
	Pragma("noescape")
	Doc(name+" combines slots to the masks of n splits, n > 0. A split is the first slot of its column",
		"and the number of its terms, more than none; a term is a slot counted from there.")
	splits, n := Load(Param("splits"), GP64()), Load(Param("n"), GP64())
	terms, slots := Load(Param("terms"), GP64()), Load(Param("slots"), GP64())
	masks := Load(Param("masks"), GP64())
	column, left, at := GP64(), GP64(), GP64()
	z := make([]reg.VecVirtual, rows/vector)
	for i := range z {
		z[i] = register()
	}
	next := func() {
		MOVBQZX(Mem{Base: terms}, at)
		SHLQ(Imm(6), at) // × slot
		INCQ(terms)
	}
	Label("split")
	MOVWQZX(Mem{Base: splits}, column)
	LEAQ(Mem{Base: slots, Index: column, Scale: 8}, column)
	MOVWQZX(Mem{Base: splits, Disp: 2}, left)
	next()
	for i := range z {
		move(Mem{Base: column, Index: at, Scale: 1, Disp: vector / 8 * i}, z[i])
	}
	DECQ(left)
	JZ(LabelRef("store"))
	Label("term")
	next()
	for i := range z {
		xor(Mem{Base: column, Index: at, Scale: 1, Disp: vector / 8 * i}, z[i])
	}
	DECQ(left)
	JNZ(LabelRef("term"))
	Label("store")
	for i := range z {
		move(z[i], Mem{Base: masks, Disp: vector / 8 * i})
	}
	ADDQ(Imm(4), splits)
	ADDQ(Imm(slot), masks)
	DECQ(n)
	JNZ(LabelRef("split"))
	VZEROUPPER()
	RET()
}

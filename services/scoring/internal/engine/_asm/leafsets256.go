package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func exits64_256()  { exits256(64) }
func exits128_256() { exits256(128) }

// exits256 is exits with four sets in a vector and half a chunk's questions.
func exits256(columns int) {
	exitsText(columns, "256")
	chunks, counts := Load(Param("chunks"), GP64()), Load(Param("counts"), GP64())
	groups := Load(Param("groups"), GP64())
	codes, out := Load(Param("codes"), GP64()), Load(Param("exits"), GP64())
	look := shuffled256(codes, columns)
	sets := [2]reg.VecVirtual{YMM(), YMM()}
	answers := AllocLocal(64)
	left := GP64()

	Label("group")
	for _, s := range sets {
		VPCMPEQD(s, s, s) // all exits
	}
	MOVWQZX(Mem{Base: counts}, left)
	TESTQ(left, left)
	JZ(LabelRef("store"))
	Label("chunk")
	for half := range 2 {
		code, least := YMM(), YMM()
		VMOVDQU(Mem{Base: chunks, Disp: chunkColumns + 32*half}, code)
		code = look(code)
		VPMINUB(Mem{Base: chunks, Disp: chunkCodes + 32*half}, code, least)
		VPCMPEQB(code, least, code) // the code is not above: nothing goes
		VMOVDQU(code, answers.Offset(32*half))
	}
	for i := range 16 {
		kept := YMM()
		VPMOVSXBQ(answers.Offset(4*i), kept)
		VPOR(Mem{Base: chunks, Disp: chunkSets + 32*i}, kept, kept)
		VPAND(kept, sets[i%2], sets[i%2])
	}
	ADDQ(U32(chunkSize), chunks)
	DECQ(left)
	JNZ(LabelRef("chunk"))
	Label("store")
	for i, s := range sets {
		VMOVDQU(s, answers.Offset(32*i))
	}
	for i := range 8 {
		first := GP64()
		BSRQ(answers.Offset(8*i), first) // no set is empty
		XORQ(Imm(63), first)
		MOVB(first.As8(), Mem{Base: out, Disp: i})
	}
	ADDQ(Imm(2), counts)
	ADDQ(Imm(8), out)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// shuffled256 looks up in every 16 of the codes, and selects by the higher bits
// of the column, each moved to where a selection looks: the top of the byte.
func shuffled256(codes reg.Register, columns int) func(column reg.VecVirtual) reg.VecVirtual {
	var table []reg.VecVirtual
	for i := range columns / 16 {
		t := YMM()
		VBROADCASTI128(Mem{Base: codes, Disp: 16 * i}, t)
		table = append(table, t)
	}
	var find func(column reg.VecVirtual, table []reg.VecVirtual, shift int) reg.VecVirtual
	find = func(column reg.VecVirtual, table []reg.VecVirtual, shift int) reg.VecVirtual {
		if len(table) == 1 {
			found := YMM()
			VPSHUFB(column, table[0], found)
			return found
		}
		n := len(table) / 2
		low, high := find(column, table[:n], shift+1), find(column, table[n:], shift+1)
		bit := YMM()
		VPSLLW(Imm(uint64(shift)), column, bit)
		VPBLENDVB(bit, high, low, low)
		return low
	}
	shift := 2 // the highest of 64 columns is bit 5
	if columns == 128 {
		shift = 1
	}
	return func(column reg.VecVirtual) reg.VecVirtual { return find(column, table, shift) }
}

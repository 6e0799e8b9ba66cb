package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of leafset's chunk: 8 nodes of each of 8 trees.
const (
	chunkColumns = 0
	chunkCodes   = 64
	chunkSets    = 128
	chunkSize    = chunkSets + 64*8
)

func exits64()  { exits(64) }
func exits128() { exits(128) }

// exits finds where one row leaves 8 trees at a time.
func exits(columns int) {
	name := fmt.Sprintf("exits%d", columns)
	TEXT(name, NOSPLIT, "func(chunks *uint8, counts *uint16, groups int, codes *uint8, exits *uint8)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets the exits of groups of 8 trees, of counts chunks each, for a row of %d codes.", name, columns))
	chunks, counts := Load(Param("chunks"), GP64()), Load(Param("counts"), GP64())
	groups := Load(Param("groups"), GP64())
	codes, out := Load(Param("codes"), GP64()), Load(Param("exits"), GP64())
	var table [2]reg.VecVirtual
	for i := range columns / 64 {
		table[i] = ZMM()
		VMOVDQU64(Mem{Base: codes, Disp: 64 * i}, table[i])
	}
	set, code, right, left := ZMM(), ZMM(), K(), GP64()

	Label("group")
	VPTERNLOGD(U8(0xff), set, set, set) // all exits
	MOVWQZX(Mem{Base: counts}, left)
	TESTQ(left, left)
	JZ(LabelRef("store"))
	Label("chunk")
	VMOVDQU64(Mem{Base: chunks, Disp: chunkColumns}, code)
	if columns == 64 {
		VPERMB(table[0], code, code)
	} else {
		VPERMI2B(table[1], table[0], code)
	}
	VPCMPUB(U8(6), Mem{Base: chunks, Disp: chunkCodes}, code, right)
	for i := range 8 {
		VPANDQ(Mem{Base: chunks, Disp: chunkSets + 64*i}, set, right, set)
		if i < 7 {
			KSHIFTRQ(U8(8), right, right)
		}
	}
	ADDQ(U32(chunkSize), chunks)
	DECQ(left)
	JNZ(LabelRef("chunk"))
	Label("store")
	VPLZCNTQ(set, set)
	VPMOVQB(set, Mem{Base: out})
	ADDQ(Imm(2), counts)
	ADDQ(Imm(8), out)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

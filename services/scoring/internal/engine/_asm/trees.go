package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of a coded node, from the lowest bit on.
const (
	codedColumn = 9
	codedCode   = 24
)

func trees() {
	treesOf("trees", "codes, the 3 bytes after a code included", func(codes reg.Register) func(column, code reg.VecVirtual) {
		mask, word := ZMM(), GP32()
		MOVL(U32(1<<(codedCode-codedColumn)-1), word)
		VPBROADCASTD(word, mask)
		return func(column, code reg.VecVirtual) {
			k := K()
			VPANDD(mask, column, column)
			KXNORW(reg.K0, reg.K0, k)
			VPXORD(code, code, code) // depends on nothing
			VPGATHERDD(Mem{Base: codes, Index: column, Scale: 1}, k, code)
		}
	})
}

func trees_vbmi() {
	treesOf("trees_vbmi", "128 codes, which stay in registers", func(codes reg.Register) func(column, code reg.VecVirtual) {
		look := permuted(codes, 128)
		return func(column, code reg.VecVirtual) {
			VMOVDQA64(column, code)
			look(code) // its lowest byte
		}
	})
}

// treesOf walks one row down trees, a vector of 16 for each of several chains
// that do not wait for one another.
func treesOf(name, codesText string, table func(codes reg.Register) func(column, code reg.VecVirtual)) {
	const chains = 2
	TEXT(name, NOSPLIT, "func(nodes *uint32, first *int32, exits *uint8, groups int, codes *uint8, leaves *uint8)")
	Pragma("noescape")
	Doc(name+" walks from the exits of groups of 32 trees, groups > 0, to the leaves and writes their", "numbers. A row has "+codesText+".")
	nodes, first := Load(Param("nodes"), GP64()), Load(Param("first"), GP64())
	exits, groups := Load(Param("exits"), GP64()), Load(Param("groups"), GP64())
	codes, leaves := Load(Param("codes"), GP64()), Load(Param("leaves"), GP64())
	code := table(codes)
	one, steps, word := ZMM(), ZMM(), GP32()
	MOVL(U32(1), word)
	VPBROADCASTD(word, one)
	MOVL(U32(1<<codedColumn-1), word)
	VPBROADCASTD(word, steps)
	var at, node [chains]reg.VecVirtual

	Label("group")
	for i := range chains {
		at[i], node[i] = ZMM(), ZMM()
		VPMOVZXBD(Mem{Base: exits, Disp: 16 * i}, at[i])
		VPADDD(Mem{Base: first, Disp: 64 * i}, at[i], at[i])
	}
	Label("level")
	for i := range chains {
		k := K()
		KXNORW(reg.K0, reg.K0, k)
		VPXORD(node[i], node[i], node[i])
		VPGATHERDD(Mem{Base: nodes, Index: at[i], Scale: 4}, k, node[i])
	}
	var moved [chains]reg.OpmaskVirtual
	for i := range chains {
		column, x, right := ZMM(), ZMM(), K()
		VPSRLD(Imm(codedColumn), node[i], column)
		code(column, x)
		VPSLLD(Imm(codedCode), x, x) // above the node, whose lower bits do not matter, where the code is above its own
		VPCMPUD(U8(6), node[i], x, right)
		step := ZMM()
		VPANDD(steps, node[i], step)
		VPADDD(one, step, right, step)
		VPADDD(step, at[i], at[i])
		moved[i] = K()
		VPTESTMD(step, step, moved[i])
	}
	KORTESTW(moved[0], moved[1])
	JNZ(LabelRef("level"))
	for i := range chains {
		VPSRLD(Imm(codedColumn), node[i], node[i])
		VPMOVDB(node[i], Mem{Base: leaves, Disp: 16 * i})
	}
	ADDQ(U32(4*16*chains), first)
	ADDQ(Imm(16*chains), exits)
	ADDQ(Imm(16*chains), leaves)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

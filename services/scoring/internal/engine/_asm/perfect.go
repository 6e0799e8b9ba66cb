package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of perfect's vectors: the columns of 64 nodes, then their codes.
const (
	vectorCodes = 64
	vectorSize  = 2 * 64
)

func ask64_vbmi()  { ask(64, "vbmi", permuted) }
func ask128_vbmi() { ask(128, "vbmi", permuted) }
func ask64_512()   { ask(64, "512", shuffled512) }
func ask128_512()  { ask(128, "512", shuffled512) }

// ask answers 64 nodes by one comparison.
func ask(columns int, variant string, table lookup) {
	name := fmt.Sprintf("ask%d_%s", columns, variant)
	TEXT(name, NOSPLIT, "func(nodes *uint8, n int, codes *uint8, answers *uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets bit i of each of n answers, n > 0, where the row's code in the column of node i is above the node's. A row has %d codes.", name, columns))
	nodes, n := Load(Param("nodes"), GP64()), Load(Param("n"), GP64())
	codes, answers := Load(Param("codes"), GP64()), Load(Param("answers"), GP64())
	look := table(codes, columns)
	code, right := ZMM(), K()
	Label("vector")
	VMOVDQU64(Mem{Base: nodes}, code)
	look(code)
	VPCMPUB(U8(6), Mem{Base: nodes, Disp: vectorCodes}, code, right)
	KMOVQ(right, Mem{Base: answers})
	ADDQ(U32(vectorSize), nodes)
	ADDQ(Imm(8), answers)
	DECQ(n)
	JNZ(LabelRef("vector"))
	VZEROUPPER()
	RET()
}

func descend3() { descend(3, func(from Mem, to reg.VecVirtual) { VPMOVZXBQ(from, to) }) }
func descend4() { descend(4, func(from Mem, to reg.VecVirtual) { VPMOVZXWQ(from, to) }) }
func descend5() { descend(5, func(from Mem, to reg.VecVirtual) { VPMOVZXDQ(from, to) }) }
func descend6() { descend(6, func(from Mem, to reg.VecVirtual) { VMOVDQU64(from, to) }) }

// descend goes from the roots, node 1, to the exits of eight trees at a time:
// from node i on to 2i, or to 2i+1 where the answer is yes.
func descend(depth int, load func(from Mem, to reg.VecVirtual)) {
	name := fmt.Sprintf("descend%d", depth)
	TEXT(name, NOSPLIT, "func(answers *uint64, groups int, exits *uint8)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s finds the exits of groups of 8 trees of depth %d, groups > 0, by the answers of their nodes, %d bits a tree.", name, depth, 1<<depth))
	answers, groups := Load(Param("answers"), GP64()), Load(Param("groups"), GP64())
	exits, word := Load(Param("exits"), GP64()), GP64()
	one, last := ZMM(), ZMM()
	broadcast := func(value uint32, to reg.VecVirtual) {
		MOVQ(U32(value), word)
		VPBROADCASTQ(word, to)
	}
	broadcast(1, one)
	broadcast(1<<depth-1, last)
	answer, node, right := ZMM(), ZMM(), ZMM()
	Label("group")
	load(Mem{Base: answers}, answer)
	VMOVDQA64(one, node)
	for range depth {
		VPSRLVQ(node, answer, right)
		VPADDQ(node, node, node)
		VPTERNLOGQ(U8(0xf8), one, right, node) // node | right & one
	}
	VPANDQ(last, node, node)
	VPMOVQB(node, Mem{Base: exits})
	ADDQ(Imm(uint64(1<<depth)), answers)
	ADDQ(Imm(8), exits)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// exitOf is where answers of 7 nodes in the order of a heap, the lowest bit that
// of the root, lead to.
func exitOf(answers int) int {
	node := 1
	for range 3 {
		node = 2*node + answers>>(node-1)&1
	}
	return node - 8
}

// descend6_vbmi goes three levels at a time, by tables in registers of what 7
// answers lead to.
func descend6_vbmi() {
	TEXT("descend6_vbmi", NOSPLIT, "func(answers *uint64, groups int, exits *uint8)")
	Pragma("noescape")
	Doc("descend6_vbmi finds the exits of groups of 8 trees of depth 6, groups > 0: the answers of a tree's",
		"top 7 nodes come first, and then those of each 7 below, from left to right.")
	answers, groups := Load(Param("answers"), GP64()), Load(Param("groups"), GP64())
	exits := Load(Param("exits"), GP64())
	exit := sevens("exit", exitOf)
	shift := sevens("shift", func(answers int) int { return 7 + 7*exitOf(answers) })
	lowest, first, word := K(), ZMM(), GP64() // the lowest bytes of words, and 7 bits
	MOVQ(U64(0x0101010101010101), word)
	KMOVQ(word, lowest)
	MOVQ(U32(127), word)
	VPBROADCASTQ(word, first)
	answer, top, below, by := ZMM(), ZMM(), ZMM(), ZMM()
	Label("group")
	VMOVDQU64(Mem{Base: answers}, answer)
	VPANDQ(first, answer, top)
	VMOVDQA64(top, by)
	VPERMI2B_Z(shift[1], shift[0], lowest, by)
	VPERMI2B_Z(exit[1], exit[0], lowest, top)
	VPSRLVQ(by, answer, below)
	VPANDQ(first, below, below)
	VPERMI2B_Z(exit[1], exit[0], lowest, below)
	VPSLLQ(Imm(3), top, top)
	VPORQ(below, top, top)
	VPMOVQB(top, Mem{Base: exits})
	ADDQ(Imm(64), answers)
	ADDQ(Imm(8), exits)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// sevens is a table of something of 7 answers.
func sevens(name string, of func(answers int) int) (table [2]reg.VecVirtual) {
	data := GLOBL(name, RODATA|NOPTR)
	for i := range 128 {
		DATA(i, U8(of(i)))
	}
	for i := range table {
		table[i] = ZMM()
		VMOVDQU64(data.Offset(64*i), table[i])
	}
	return table
}

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

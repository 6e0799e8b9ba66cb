package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows32 walks 32 rows side by side: four vectors of eight.
func rows32() {
	TEXT("rows32", NOSPLIT, "func(nodes *int32, shift uint64, mask uint64, keys *int32, stride int, root int, groups int, places *int32)")
	Pragma("noescape")
	Doc("rows32 walks groups of 32 rows from a root to the places of leaves.")
	nodes := Load(Param("nodes"), GP64())
	shift, mask := XMM(), ZMM()
	word := GP64()
	Load(Param("shift"), word)
	ADDQ(Imm(32), word)
	MOVQ(word, shift)
	Load(Param("mask"), word)
	VPBROADCASTQ(word, mask)
	keys, stride := Load(Param("keys"), GP64()), Load(Param("stride"), GP64())
	root, one, step := ZMM(), ZMM(), ZMM()
	Load(Param("root"), word)
	VPBROADCASTQ(word, root)
	groups, places := Load(Param("groups"), GP64()), Load(Param("places"), GP64())
	MOVQ(U32(1), word)
	VPBROADCASTQ(word, one)

	const n = 4
	var idx, base, at [n]reg.VecVirtual
	// base is where a row's keys begin: lane × stride.
	lanes := GLOBL("lanes", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(i))
	}
	for i := range n {
		idx[i], base[i], at[i] = ZMM(), ZMM(), ZMM()
	}
	VPBROADCASTQ(stride, step)
	VPMULLQ(lanes, step, base[0])
	SHLQ(Imm(3), stride)
	VPBROADCASTQ(stride, step)
	for i := 1; i < n; i++ {
		VPADDQ(step, base[i-1], base[i])
	}
	VPSLLQ(Imm(2), step, step) // from group to group

	Label("group")
	for i := range n {
		VMOVDQA64(root, idx[i])
	}
	Label("level")
	var moved [n]reg.OpmaskVirtual
	for i := range n {
		k := K()
		KXNORB(reg.K0, reg.K0, k)
		VPXORQ(one, one, at[i]) // depends on nothing
		VPGATHERQQ(Mem{Base: nodes, Index: idx[i], Scale: 8}, k, at[i])
	}
	for i := range n {
		k, view, key, x := K(), ZMM(), YMM(), YMM()
		VPSRLQ(shift, at[i], view)
		VPADDQ(base[i], view, view)
		KXNORB(reg.K0, reg.K0, k)
		VPXORQ(one.AsY(), one.AsY(), x)
		VPGATHERQD(Mem{Base: keys, Index: view, Scale: 4}, k, x)
		VPMOVQD(at[i], key)
		right := K()
		VPCMPD(U8(6), key, x, right)
		VPSRLQ(Imm(32), at[i], view)
		VPANDQ(mask, view, view)
		VPADDQ(one, view, right, view)
		VPADDQ(view, idx[i], idx[i])
		moved[i] = K()
		VPTESTMQ(view, view, moved[i])
	}
	KORB(moved[0], moved[1], moved[0])
	KORB(moved[2], moved[3], moved[2])
	KORTESTB(moved[0], moved[2])
	JNZ(LabelRef("level"))
	for i := range n {
		VPMOVQD(at[i], Mem{Base: places, Disp: 32 * i})
		VPADDQ(step, base[i], base[i])
	}
	ADDQ(U32(128), places)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

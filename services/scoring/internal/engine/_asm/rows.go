package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// codeRow32_512 finds the codes of one row, 16 columns at a time.
func codeRow32_512() {
	TEXT("codeRow32_512", NOSPLIT, "func(x *float64, groups int, table *float32, lanes *uint32, codes *uint8)")
	Pragma("noescape")
	Doc("codeRow32_512 sets the codes of groups of 16 columns.")
	x, groups := Load(Param("x"), GP64()), Load(Param("groups"), GP64())
	table, lanes := Load(Param("table"), GP64()), Load(Param("lanes"), GP64())
	codes := Load(Param("codes"), GP64())
	one := broadcast32(1)
	z, half, h, at, t := ZMM(), YMM(), ZMM(), ZMM(), ZMM()
	k, level, lookup, above := K(), K(), K(), K()
	next, left := GP64(), GP64()

	Label("group")
	VCVTPD2PS(Mem{Base: x}, z.AsY())
	VCVTPD2PS(Mem{Base: x, Disp: 64}, half)
	VINSERTF64X4(Imm(1), half, z, z)
	VCMPPS(unordered, z, z, k)
	VMOVUPS(Mem{Base: lanes, Disp: lanes32Missing}, k, z)
	VMOVDQA64(one, h)
	LEAQ(Mem{Base: lanes, Disp: lanesLevels}, next)
	MOVQ(U32(8), left)
	Label("level")
	KMOVW(Mem{Base: next}, level)
	KORTESTW(level, level)
	JZ(LabelRef("store"))
	KMOVW(level, lookup)
	VPADDD(Mem{Base: lanes, Disp: lanes32Base}, h, at)
	VXORPS(t, t, t)
	VGATHERDPS(Mem{Base: table, Index: at, Scale: 4}, lookup, t)
	VCMPPS(greater, t, z, level, above)
	VPADDD(h, h, level, h)
	VPADDD(one, h, above, h)
	ADDQ(Imm(2), next)
	DECQ(left)
	JNZ(LabelRef("level"))
	Label("store")
	VPSUBD(Mem{Base: lanes, Disp: lanes32First}, h, h)
	VPMOVDB(h, Mem{Base: codes})
	ADDQ(Imm(128), x)
	ADDQ(Imm(16), codes)
	ADDQ(Imm(lanes32Size), lanes)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// The layout of bitslice's lanes.
const (
	lanesLevels = 0 // 8 masks of 16 bits

	lanes32Missing = 16
	lanes32Base    = lanes32Missing + 64
	lanes32First   = lanes32Base + 64
	lanes32Size    = lanes32First + 64

	lanes64Missing = 16
	lanes64Base    = lanes64Missing + 64
	lanes64First   = lanes64Base + 64
	lanes64Size    = lanes64First + 64
)

// codeRow64_512 finds the codes of one row, 8 columns at a time.
func codeRow64_512() {
	TEXT("codeRow64_512", NOSPLIT, "func(x *float64, groups int, table *float64, lanes *uint64, codes *uint8)")
	Pragma("noescape")
	Doc("codeRow64_512 sets the codes of groups of 8 columns.")
	x, groups := Load(Param("x"), GP64()), Load(Param("groups"), GP64())
	table, lanes := Load(Param("table"), GP64()), Load(Param("lanes"), GP64())
	codes := Load(Param("codes"), GP64())
	one, word := ZMM(), GP64()
	MOVQ(U32(1), word)
	VPBROADCASTQ(word, one)
	z, h, at, t := ZMM(), ZMM(), ZMM(), ZMM()
	k, level, lookup, above := K(), K(), K(), K()
	next, left := GP64(), GP64()

	Label("group")
	VMOVUPD(Mem{Base: x}, z)
	VCMPPD(unordered, z, z, k)
	VMOVUPD(Mem{Base: lanes, Disp: lanes64Missing}, k, z)
	VMOVDQA64(one, h)
	LEAQ(Mem{Base: lanes, Disp: lanesLevels}, next)
	MOVQ(U32(8), left)
	Label("level")
	KMOVW(Mem{Base: next}, level)
	KORTESTW(level, level)
	JZ(LabelRef("store"))
	KMOVW(level, lookup)
	VPADDQ(Mem{Base: lanes, Disp: lanes64Base}, h, at)
	VXORPD(t, t, t)
	VGATHERQPD(Mem{Base: table, Index: at, Scale: 8}, lookup, t)
	VCMPPD(greater, t, z, level, above)
	VPADDQ(h, h, level, h)
	VPADDQ(one, h, above, h)
	ADDQ(Imm(2), next)
	DECQ(left)
	JNZ(LabelRef("level"))
	Label("store")
	VPSUBQ(Mem{Base: lanes, Disp: lanes64First}, h, h)
	VPMOVQB(h, Mem{Base: codes})
	ADDQ(Imm(64), x)
	ADDQ(Imm(8), codes)
	ADDQ(Imm(lanes64Size), lanes)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The thresholds stand in breadth-first order, the top of them in registers:
// place h has the children 2h and 2h+1, and the code is where a descent from
// place 1 arrives.

// code32_512 finds the codes of 16 rows at a time.
func code32_512() {
	TEXT("code32_512", NOSPLIT, "func(x *float64, n int, table *float32, levels int, missing float32, codes *uint8)")
	Pragma("noescape")
	Doc("code32_512 sets codes[r] to the number of thresholds below float32(x[r]); NaN counts as missing.",
		"n is a multiple of 16, n > 0; levels is 4 to 8, and the table has 1<<levels places.")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	table, levels := Load(Param("table"), GP64()), Load(Param("levels"), GP64())
	missing := ZMM()
	at, err := Param("missing").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(at.Addr, missing)
	codes := Load(Param("codes"), GP64())

	var top [4]reg.VecVirtual // places 0 to 63
	for i := range top {
		top[i] = ZMM()
	}
	VMOVUPS(Mem{Base: table}, top[0])
	one, first := broadcast32(1), first32(levels)
	CMPQ(levels, Imm(4))
	JEQ(LabelRef("rows"))
	VMOVUPS(Mem{Base: table, Disp: 64}, top[1])
	CMPQ(levels, Imm(5))
	JEQ(LabelRef("rows"))
	VMOVUPS(Mem{Base: table, Disp: 128}, top[2])
	VMOVUPS(Mem{Base: table, Disp: 192}, top[3])

	z, half, h, t, k, left := ZMM(), YMM(), ZMM(), ZMM(), K(), GP64()
	// down takes a step: t holds the thresholds at h.
	down := func() {
		VCMPPS(greater, t, z, k)
		VPADDD(h, h, h)
		VPADDD(one, h, k, h)
	}

	Label("rows")
	VCVTPD2PS(Mem{Base: x}, half)
	VMOVAPS(half.AsY(), z.AsY())
	VCVTPD2PS(Mem{Base: x, Disp: 64}, half)
	VINSERTF64X4(Imm(1), half, z, z)
	VCMPPS(unordered, z, z, k)
	VMOVAPS(missing, k, z)
	VMOVDQA64(one, h)
	for range 4 {
		VPERMPS(top[0], h, t)
		down()
	}
	MOVQ(levels, left)
	SUBQ(Imm(4), left)
	JZ(LabelRef("store"))
	VPERMPS(top[1], h, t)
	down()
	DECQ(left)
	JZ(LabelRef("store"))
	VMOVAPS(top[2], t)
	VPERMT2PS(top[3], h, t)
	down()
	DECQ(left)
	JZ(LabelRef("store"))
	Label("deep")
	KXNORW(k, k, k)
	VXORPS(t, t, t)
	VGATHERDPS(Mem{Base: table, Index: h, Scale: 4}, k, t)
	down()
	DECQ(left)
	JNZ(LabelRef("deep"))
	Label("store")
	VPSUBD(first, h, h)
	VPMOVDB(h, Mem{Base: codes})
	ADDQ(Imm(128), x)
	ADDQ(Imm(16), codes)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

// code64_512 finds the codes of 8 rows at a time.
func code64_512() {
	TEXT("code64_512", NOSPLIT, "func(x *float64, n int, table *float64, levels int, missing float64, codes *uint8)")
	Pragma("noescape")
	Doc("code64_512 sets codes[r] to the number of thresholds below x[r]; NaN counts as missing.",
		"n is a multiple of 8, n > 0; levels is 4 to 8, and the table has 1<<levels places.")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	table, levels := Load(Param("table"), GP64()), Load(Param("levels"), GP64())
	missing := ZMM()
	at, err := Param("missing").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(at.Addr, missing)
	codes := Load(Param("codes"), GP64())

	var top [4]reg.VecVirtual // places 0 to 31
	for i := range top {
		top[i] = ZMM()
	}
	VMOVUPD(Mem{Base: table}, top[0])
	VMOVUPD(Mem{Base: table, Disp: 64}, top[1])
	one, first := ZMM(), ZMM()
	word := GP64()
	MOVQ(U32(1), word)
	VPBROADCASTQ(word, one)
	shift(levels, word)
	VPBROADCASTQ(word, first)
	CMPQ(levels, Imm(4))
	JEQ(LabelRef("rows"))
	VMOVUPD(Mem{Base: table, Disp: 128}, top[2])
	VMOVUPD(Mem{Base: table, Disp: 192}, top[3])

	z, h, t, k, left := ZMM(), ZMM(), ZMM(), K(), GP64()
	down := func() {
		VCMPPD(greater, t, z, k)
		VPADDQ(h, h, h)
		VPADDQ(one, h, k, h)
	}

	Label("rows")
	VMOVUPD(Mem{Base: x}, z)
	VCMPPD(unordered, z, z, k)
	VMOVAPD(missing, k, z)
	VMOVDQA64(one, h)
	for range 3 {
		VPERMPD(top[0], h, t)
		down()
	}
	VPERMPD(top[1], h, t)
	down()
	MOVQ(levels, left)
	SUBQ(Imm(4), left)
	JZ(LabelRef("store"))
	VMOVAPD(top[2], t)
	VPERMT2PD(top[3], h, t)
	down()
	DECQ(left)
	JZ(LabelRef("store"))
	Label("deep")
	KXNORB(k, k, k)
	VXORPD(t, t, t)
	VGATHERQPD(Mem{Base: table, Index: h, Scale: 8}, k, t)
	down()
	DECQ(left)
	JNZ(LabelRef("deep"))
	Label("store")
	VPSUBQ(first, h, h)
	VPMOVQB(h, Mem{Base: codes})
	ADDQ(Imm(64), x)
	ADDQ(Imm(8), codes)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

func broadcast32(v U32) reg.VecVirtual {
	z, word := ZMM(), GP32()
	MOVL(v, word)
	VPBROADCASTD(word, z)
	return z
}

// first32 is the place of code 0, 1<<levels, in every lane.
func first32(levels reg.Register) reg.VecVirtual {
	z, word := ZMM(), GP64()
	shift(levels, word)
	VPBROADCASTD(word.As32(), z)
	return z
}

func shift(levels reg.Register, word reg.GPVirtual) {
	MOVQ(U32(1), word)
	SHLXQ(levels, word, word)
}

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A code is found by two counts of 16 keys each: how many separators lie below
// the value tells the block, and how many of the block's keys do tells the
// place in it. Keys are compared as integers, which takes no longer for
// denormal numbers.

// A searcher emits what differs between keys of 32 and 64 bits, and between
// vectors of 256 and 512 bits.
type searcher struct {
	bits, vector int
}

func search32_256() { searcher{32, 256}.row() }
func search32_512() { searcher{32, 512}.row() }
func search64_256() { searcher{64, 256}.row() }
func search64_512() { searcher{64, 512}.row() }

const counted = 16 // keys

// block is the size of so many keys.
func (s searcher) block() int { return counted * s.bits / 8 }

func (s searcher) row() {
	name := fmt.Sprintf("search%d_%d", s.bits, s.vector)
	TEXT(name, NOSPLIT, fmt.Sprintf("func(x *float64, n int, tables *int%d, places *uint32, missing *int%d, codes *uint8)", s.bits, s.bits))
	Pragma("noescape")
	Doc(name+" sets the codes of n values, a multiple of 8, n > 0; each has a table of its own, which",
		"begins at its place, and a key of its own for NaN.")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	tables, places := Load(Param("tables"), GP64()), Load(Param("places"), GP64())
	missing, codes := Load(Param("missing"), GP64()), Load(Param("codes"), GP64())
	keys := AllocLocal(32)
	values := 256 / s.bits
	convert := s.keys()

	Label("group")
	key := convert(Mem{Base: x}, missing)
	VMOVDQU(key, keys)
	for i := range values {
		table := GP64()
		MOVL(Mem{Base: places, Disp: 4 * i}, table.As32())
		LEAQ(Mem{Base: tables, Index: table, Scale: uint8(s.bits / 8)}, table)
		s.search(table, keys.Offset(i*s.bits/8), Mem{Base: codes, Disp: i})
	}
	ADDQ(Imm(uint64(4*values)), places)
	ADDQ(Imm(32), missing)
	ADDQ(Imm(uint64(8*values)), x)
	ADDQ(Imm(uint64(values)), codes)
	SUBQ(Imm(uint64(values)), n)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// keys loads constants and returns what emits the keys of a vector of values.
func (s searcher) keys() func(x Mem, missing reg.Register) reg.VecVirtual {
	key, high, magnitude, nan := YMM(), XMM(), YMM(), YMM()
	rest, infinity := YMM(), YMM() // all bits but the sign, and those of +Inf
	VPCMPEQD(rest, rest, rest)
	if s.bits == 32 {
		VPSRLD(Imm(1), rest, rest)
		VPSLLD(Imm(24), rest, infinity)
		VPSRLD(Imm(1), infinity, infinity)
		return func(x Mem, missing reg.Register) reg.VecVirtual {
			VCVTPD2PSY(x, key.AsX())
			VCVTPD2PSY(x.Offset(32), high)
			VINSERTF128(Imm(1), high, key, key)
			VPAND(rest, key, magnitude)
			VPCMPGTD(infinity, magnitude, nan)
			VPSRAD(Imm(31), key, magnitude)
			VPAND(rest, magnitude, magnitude)
			VPXOR(magnitude, key, key)
			VPBLENDVB(nan, Mem{Base: missing}, key, key)
			return key
		}
	}
	zero := YMM()
	VPXOR(zero, zero, zero)
	VPSRLQ(Imm(1), rest, rest)
	VPSLLQ(Imm(53), rest, infinity)
	VPSRLQ(Imm(1), infinity, infinity)
	return func(x Mem, missing reg.Register) reg.VecVirtual {
		VMOVDQU(x, key)
		VPAND(rest, key, magnitude)
		VPCMPGTQ(infinity, magnitude, nan)
		VPCMPGTQ(key, zero, magnitude)
		VPAND(rest, magnitude, magnitude)
		VPXOR(magnitude, key, key)
		VPBLENDVB(nan, Mem{Base: missing}, key, key)
		return key
	}
}

// search finds one code in a table.
func (s searcher) search(table reg.GPVirtual, key, code Mem) {
	block, count := GP64(), GP64()
	x := s.broadcast(key)
	s.count(Mem{Base: table}, x, block) // ×2
	MOVQ(block, count)
	SHLQ(Imm(uint64(s.shift())), block)
	within := GP64()
	s.count(Mem{Base: table, Index: block, Scale: 1, Disp: s.block()}, x, within)
	if s.vector == 256 {
		SHRQ(Imm(1), within)
		LEAQ(Mem{Base: within, Index: count, Scale: 8}, within)
	} else {
		SHLQ(Imm(4), count)
		ADDQ(count, within)
	}
	MOVB(within.As8(), code)
}

// shift turns a count into bytes of blocks.
func (s searcher) shift() int {
	shift := 6 // of 64 bytes
	if s.bits == 64 {
		shift++
	}
	if s.doubled() {
		shift--
	}
	return shift
}

// doubled reports whether count counts twice.
func (s searcher) doubled() bool { return s.vector == 256 }

func (s searcher) broadcast(key Mem) reg.VecVirtual {
	x := YMM()
	if s.vector == 512 {
		x = ZMM()
	}
	if s.bits == 32 {
		VPBROADCASTD(key, x)
	} else {
		VPBROADCASTQ(key, x)
	}
	return x
}

// count counts the keys at a place that lie below x.
func (s searcher) count(at Mem, x reg.VecVirtual, out reg.GPVirtual) {
	switch {
	case s.vector == 512 && s.bits == 32:
		k := K()
		VPCMPGTD(at, x, k)
		KMOVW(k, out.As32())
	case s.vector == 512:
		low, high := K(), K()
		VPCMPGTQ(at, x, low)
		VPCMPGTQ(at.Offset(64), x, high)
		first := GP32()
		KMOVB(low, first)
		KMOVB(high, out.As32())
		POPCNTL(first, first)
		POPCNTL(out.As32(), out.As32())
		ADDL(first, out.As32())
		return
	case s.bits == 32:
		low, high := YMM(), YMM()
		VPCMPGTD(at, x, low)
		VPCMPGTD(at.Offset(32), x, high)
		VPACKSSDW(high, low, low)
		VPMOVMSKB(low, out.As32())
	default:
		low, high := s.pair(at, x), s.pair(at.Offset(64), x)
		VPACKSSDW(high, low, low)
		VPMOVMSKB(low, out.As32())
	}
	POPCNTL(out.As32(), out.As32())
}

// pair compares 8 keys of 64 bits, each of which answers in 32 bits.
func (s searcher) pair(at Mem, x reg.VecVirtual) reg.VecVirtual {
	even, odd := YMM(), YMM()
	VPCMPGTQ(at, x, even)
	VPCMPGTQ(at.Offset(32), x, odd)
	VPBLENDD(Imm(0xaa), odd, even, even)
	return even
}

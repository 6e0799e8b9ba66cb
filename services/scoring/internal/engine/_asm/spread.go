package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// For many values of one column the separators stay in registers, and all
// values of a vector descend among them at once: they stand in breadth-first
// order, place p with the children 2p and 2p+1. Only the keys of a block are
// counted value by value.

func spread32_256() { searcher{32, 256}.spread() }
func spread32_512() { searcher{32, 512}.spread() }
func spread64_512() { searcher{64, 512}.spread() }

func (s searcher) spreadText() {
	name := fmt.Sprintf("spread%d_%d", s.bits, s.vector)
	TEXT(name, NOSPLIT, fmt.Sprintf("func(x *float64, n int, table *int%d, blocks int, missing *int%d, codes *uint8)", s.bits, s.bits))
	Pragma("noescape")
	Doc(name+" sets the codes of n values of one column, a multiple of 16, n > 0. The column's table has",
		"so many blocks; missing is the key for NaN, often enough for 32 bytes.")
}

func (s searcher) spread() {
	s.spreadText()
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	table, blocks := Load(Param("table"), GP64()), Load(Param("blocks"), GP64())
	missing, codes := Load(Param("missing"), GP64()), Load(Param("codes"), GP64())
	keys, places := AllocLocal(s.vector/8), AllocLocal(s.vector/8)
	convert := s.spreadKeys(missing)

	// The only block is as good as separators: what is left is one place.
	from := GP64()
	LEAQ(Mem{Base: table, Disp: s.block()}, from)
	CMPQ(blocks, Imm(1))
	CMOVQNE(table, from)
	descend := s.descent(Mem{Base: from})

	Label("values")
	key := convert(Mem{Base: x})
	place := descend(key)
	CMPQ(blocks, Imm(1))
	JE(LabelRef("only"))

	s.do(VPSLLD, VPSLLQ)(Imm(4), place, place)
	s.store(key, keys)
	s.store(place, places)
	for i := range s.lanes() {
		at, within := GP64(), GP64()
		MOVL(places.Offset(i*s.bits/8), at.As32())
		x := s.broadcast(keys.Offset(i * s.bits / 8))
		// Place 16 is the first block, which comes right after the separators.
		s.count(Mem{Base: table, Index: at, Scale: uint8(s.bits / 8), Disp: -(counted - 1) * s.block()}, x, within)
		if s.doubled() {
			SHRL(Imm(1), within.As32())
		}
		ADDL(at.As32(), within.As32())
		MOVB(within.As8(), Mem{Base: codes, Disp: i})
	}

	Label("next")
	ADDQ(Imm(uint64(8*s.lanes())), x)
	ADDQ(Imm(uint64(s.lanes())), codes)
	SUBQ(Imm(uint64(s.lanes())), n)
	JNZ(LabelRef("values"))
	VZEROUPPER()
	RET()

	Label("only") // place 16 is code 0
	s.subtract(counted, place)
	if s.vector == 512 {
		s.do(VPMOVDB, VPMOVQB)(place, Mem{Base: codes})
	} else {
		s.store(place, places)
		for i := range s.lanes() {
			at := GP64()
			MOVL(places.Offset(i*s.bits/8), at.As32())
			MOVB(at.As8(), Mem{Base: codes, Disp: i})
		}
	}
	JMP(LabelRef("next"))
}

// subtract uses that n is a power of two and place less than 2n.
func (s searcher) subtract(n int, place reg.VecVirtual) {
	shift := Imm(uint64(s.bits - bits.TrailingZeros(uint(n))))
	s.do(VPSLLD, VPSLLQ)(shift, place, place)
	s.do(VPSRLD, VPSRLQ)(shift, place, place)
}

// spreadKeys returns what emits the keys of a vector of values.
func (s searcher) spreadKeys(missing reg.Register) func(x Mem) reg.VecVirtual {
	if s.vector == 256 {
		convert := s.keys()
		return func(x Mem) reg.VecVirtual { return convert(x, missing) }
	}
	key, sign, rest, infinity, none := ZMM(), ZMM(), ZMM(), ZMM(), ZMM()
	nan := K()
	VPTERNLOGD(U8(0xff), rest, rest, rest)
	exponent := 8
	if s.bits == 64 {
		exponent = 11
	}
	s.do(VPSRLD, VPSRLQ)(Imm(1), rest, rest) // all bits but the sign
	s.do(VPSLLD, VPSLLQ)(Imm(uint64(s.bits-exponent)), rest, infinity)
	s.do(VPSRLD, VPSRLQ)(Imm(1), infinity, infinity) // those of +Inf
	s.do(VPBROADCASTD, VPBROADCASTQ)(Mem{Base: missing}, none)
	return func(x Mem) reg.VecVirtual {
		if s.bits == 32 {
			half := YMM()
			VCVTPD2PS(x, key.AsY())
			VCVTPD2PS(x.Offset(64), half)
			VINSERTI64X4(Imm(1), half, key, key)
		} else {
			VMOVDQU64(x, key)
		}
		s.do(VPANDD, VPANDQ)(rest, key, sign)
		s.do(VPCMPGTD, VPCMPGTQ)(infinity, sign, nan)
		s.do(VPSRAD, VPSRAQ)(Imm(uint64(s.bits-1)), key, sign)
		s.do(VPANDD, VPANDQ)(rest, sign, sign)
		s.do(VPXORD, VPXORQ)(sign, key, key)
		s.do(VMOVDQA32, VMOVDQA64)(none, nan, key)
		return key
	}
}

// spread64_256 counts the separators, too: no instruction permutes four keys of
// 64 bits by an index.
func spread64_256() {
	s := searcher{64, 256}
	s.spreadText()
	x, n, table := Load(Param("x"), GP64()), Load(Param("n"), GP64()), GP64()
	Load(Param("table"), table)
	missing, codes := Load(Param("missing"), GP64()), Load(Param("codes"), GP64())
	keys := AllocLocal(s.vector / 8)
	convert := s.keys()
	Label("values")
	VMOVDQU(convert(Mem{Base: x}, missing), keys)
	for i := range s.lanes() {
		s.search(table, keys.Offset(i*s.bits/8), Mem{Base: codes, Disp: i})
	}
	ADDQ(Imm(uint64(8*s.lanes())), x)
	ADDQ(Imm(uint64(s.lanes())), codes)
	SUBQ(Imm(uint64(s.lanes())), n)
	JNZ(LabelRef("values"))
	VZEROUPPER()
	RET()
}

// descent loads the 16 places and returns what emits a vector's way down from
// place 1 past four of them.
func (s searcher) descent(from Mem) func(key reg.VecVirtual) reg.VecVirtual {
	var top []reg.VecVirtual
	for i := range counted / s.lanes() {
		t := s.register()
		s.load(from.Offset(s.vector/8*i), t)
		top = append(top, t)
	}
	one, place, separators := s.register(), s.register(), s.register()
	word := GP64()
	MOVQ(U32(1), word)
	VMOVQ(word, one.AsX())
	s.do(VPBROADCASTD, VPBROADCASTQ)(one.AsX(), one)
	return func(key reg.VecVirtual) reg.VecVirtual {
		if s.vector == 256 {
			VMOVDQA(one, place)
		} else {
			VMOVDQA64(one, place)
		}
		for level := range 4 {
			at := 0
			if level == 3 {
				at = len(top) - 1 // places 8 to 15, of which all but the lowest bits tell nothing
			}
			s.do(VPERMD, VPERMQ)(top[at], place, separators)
			s.right(key, separators, place, one)
		}
		return place
	}
}

// right goes from place to 2·place, or right of it where key is above.
func (s searcher) right(key, separators, place, one reg.VecVirtual) {
	add, greater := s.do(VPADDD, VPADDQ), s.do(VPCMPGTD, VPCMPGTQ)
	if s.vector == 256 {
		greater(separators, key, separators)
		add(place, place, place)
		s.do(VPSUBD, VPSUBQ)(separators, place, place)
		return
	}
	k := K()
	greater(separators, key, k)
	add(place, place, place)
	add(one, place, k, place)
}

func (s searcher) lanes() int { return s.vector / s.bits }

func (s searcher) register() reg.VecVirtual {
	if s.vector == 256 {
		return YMM()
	}
	return ZMM()
}

// do chooses between keys of 32 and of 64 bits.
func (s searcher) do(narrow, wide func(...Op)) func(...Op) {
	if s.bits == 32 {
		return narrow
	}
	return wide
}

func (s searcher) load(from Mem, to reg.VecVirtual) {
	if s.vector == 256 {
		VMOVDQU(from, to)
	} else {
		VMOVDQU64(from, to)
	}
}

func (s searcher) store(from reg.VecVirtual, to Mem) {
	if s.vector == 256 {
		VMOVDQU(from, to)
	} else {
		VMOVDQU64(from, to)
	}
}

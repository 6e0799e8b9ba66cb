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

func exits64_vbmi()  { exits(64, "vbmi", permuted) }
func exits128_vbmi() { exits(128, "vbmi", permuted) }
func exits64_512()   { exits(64, "512", shuffled512) }
func exits128_512()  { exits(128, "512", shuffled512) }

func exitsText(columns int, variant string) {
	name := fmt.Sprintf("exits%d_%s", columns, variant)
	TEXT(name, NOSPLIT, "func(chunks *uint8, counts *uint16, groups int, codes *uint8, exits *uint8)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets the exits of groups of 8 trees, of counts chunks each, for a row of %d codes.", name, columns))
}

// A lookup replaces columns by the row's codes; the argument of the first
// function is where these are.
type lookup func(codes reg.Register, columns int) func(code reg.VecVirtual)

// exits finds where one row leaves 8 trees at a time.
func exits(columns int, variant string, table lookup) {
	exitsText(columns, variant)
	chunks, counts := Load(Param("chunks"), GP64()), Load(Param("counts"), GP64())
	groups := Load(Param("groups"), GP64())
	codes, out := Load(Param("codes"), GP64()), Load(Param("exits"), GP64())
	look := table(codes, columns)
	set, code, right, left := ZMM(), ZMM(), K(), GP64()

	Label("group")
	VPTERNLOGD(U8(0xff), set, set, set) // all exits
	MOVWQZX(Mem{Base: counts}, left)
	TESTQ(left, left)
	JZ(LabelRef("store"))
	Label("chunk")
	VMOVDQU64(Mem{Base: chunks, Disp: chunkColumns}, code)
	look(code)
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

// permuted looks up by permutations of bytes.
func permuted(codes reg.Register, columns int) func(code reg.VecVirtual) {
	var table [2]reg.VecVirtual
	for i := range columns / 64 {
		table[i] = ZMM()
		VMOVDQU64(Mem{Base: codes, Disp: 64 * i}, table[i])
	}
	return func(code reg.VecVirtual) {
		if columns == 64 {
			VPERMB(table[0], code, code)
		} else {
			VPERMI2B(table[1], table[0], code)
		}
	}
}

// shuffled512 looks up in every 16 of the codes, and selects by the higher bits
// of the column.
func shuffled512(codes reg.Register, columns int) func(code reg.VecVirtual) {
	var table []reg.VecVirtual
	for i := range columns / 16 {
		t := ZMM()
		VBROADCASTI32X4(Mem{Base: codes, Disp: 16 * i}, t)
		table = append(table, t)
	}
	var bits []reg.VecVirtual // of a column, from 16
	for bit := 16; bit < columns; bit *= 2 {
		b, word := ZMM(), GP32()
		MOVL(U32(bit), word)
		VPBROADCASTB(word, b)
		bits = append(bits, b)
	}
	return func(code reg.VecVirtual) {
		var set []reg.OpmaskVirtual
		for _, b := range bits {
			k := K()
			VPTESTMB(b, code, k)
			set = append(set, k)
		}
		var found []reg.VecVirtual
		for i := 0; i < len(table); i += 2 {
			f := ZMM()
			VPSHUFB(code, table[i], f)
			VPSHUFB(code, table[i+1], set[0], f)
			found = append(found, f)
		}
		for _, k := range set[1:] {
			for i := range len(found) / 2 {
				found[i] = found[2*i]
				VMOVDQU8(found[2*i+1], k, found[i])
			}
			found = found[:len(found)/2]
		}
		VMOVDQA64(found[0], code)
	}
}

// Command asm writes the assembly of the kernels; their packages' go:generate
// lines run it. It is a module of its own, so that whoever imports the library
// does not carry the assembler.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

var kernels = map[string][]func(){
	"bitslice": {
		compare512, parity512, mux512, index512, add32permute512, add64permute512, add64of64permute512,
		compare256, parity256, mux256, index256, add32blend256, add64blend256,
		search32_256, search64_256, search32_512, search64_512, spread32_256, spread64_256, spread32_512, spread64_512,
	},
	"leafset": {exits64_vbmi, exits128_vbmi, exits64_512, exits128_512, exits64_256, exits128_256},
	"perfect": {ask64_vbmi, ask128_vbmi, ask64_512, ask128_512, descend3, descend4, descend5, descend6, descend6_vbmi},
	"gather":  {rows32, trees, trees_vbmi},
}

func main() {
	of := flag.String("kernels", "", "the `package` whose kernels to write")
	flag.Parse()
	if kernels[*of] == nil {
		log.Fatalf("there is no package %q", *of)
	}
	ConstraintExpr("amd64")
	for _, kernel := range kernels[*of] {
		kernel()
	}
	Generate()
}

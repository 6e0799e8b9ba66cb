// Command asm writes the assembly of package bitslice: `go generate` there.
// It is a module of its own, so that whoever imports the library does not
// carry the assembler.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64")
	compare512()
	mux512()
	index512()
	add32permute512()
	add32gather512()
	add64gather512()
	code32_512()
	code64_512()
	Generate()
}

// Package gather walks many rows down one tree, or one row down many trees, 32
// at a time, by instructions that load from many places at once.
//
// It pays for large trees, of which every walk waits for memory, and only where
// such loads are quick. Intel's servers from Skylake to Ice Lake mitigate
// Gather Data Sampling in microcode, which makes them many times slower; Intel's
// from Sapphire Rapids on and AMD's from Zen 4 on have no need to. That is told
// by what processors have, not by measuring: the choice, unlike the numbers,
// would then depend on what else a machine does at the start.
//
// There is no variant for AVX2. Processors that have it without AVX-512 load
// this way in steps, or mitigate, too, and Go's code, which walks a few rows
// side by side, waits for the same memory.
package gather

//go:generate sh -c "cd ../_asm && GOWORK=off go run . -kernels gather -out ../gather/rows_amd64.s -stubs ../gather/rows_amd64.go -pkg gather"

// Rows is the number of rows of a group.
const Rows = 32

// Trees is the number of trees of a group.
const Trees = 32

// Beyond is how many bytes are read after a code.
const Beyond = 3

// Package bitslice evaluates decision trees for many rows at a time, one bit a
// row.
//
// A block is up to [Rows] rows. Every column of the model becomes a column of
// codes, one byte a row: the number of the column's thresholds that lie below
// the value. A split then is one question, codes[column] > code, which one
// instruction answers for 64 rows. The answers are masks of one bit a row.
// They select, from the bottom of a tree to its top, the bits of the leaf's
// number: where a row goes right the bit of the right child, else that of the
// left. What remains is to look the leaf's value up and to add it, tree after
// tree, so that every row's sum is made in the order of the trees.
//
// A split may have several boundaries, as sets of categories do: it asks whether an
// odd number of them lie below the code. What lies below each boundary of a column
// is answered once a block, and a split's mask is the parity of some of these.
//
// Nothing branches and nothing is looked up on the way down, but every split
// of a tree is answered for every row. That pays for trees of up to 256
// leaves, whatever their shape.
//
// Kernels are written for AVX-512 and for AVX2, whose vectors hold half as much
// and have no masks, and once in Go, where a word holds eight codes and one
// addition answers a split for eight rows. None of them loads from many places
// at once, which is quick on some processors only.
//
// The package knows nothing of libraries and their rules: thresholds, missing
// values and categories are the caller's to express as codes.
package bitslice

//go:generate sh -c "cd ../_asm && GOWORK=off go run . -kernels bitslice -out ../bitslice/kernels_amd64.s -stubs ../bitslice/kernels_amd64.go -pkg bitslice"

// Package leafset finds where one row leaves many trees, without walking down
// any of them.
//
// A row is a few codes, one byte a column, and a node is a question,
// codes[column] > code. All nodes are asked, 64 by one comparison. Every tree
// starts with the set of all its exits, one bit each, from left to right; a
// node whose answer is yes takes away those below its left child, and the
// first exit that is left is the row's: what hangs to the left of it was taken
// away on the path, and what hangs to the right comes after it. Eight trees
// stand side by side, so that eight sets shrink at a time.
//
// The row's codes stay in registers, where a question finds its own by one
// permutation of bytes (VBMI), or by shuffles of 16 bytes each and selections
// among them (AVX-512 without it, and AVX2).
//
// An exit is a leaf, or where the tree becomes too large: the caller walks on
// from there.
package leafset

//go:generate sh -c "cd ../_asm && GOWORK=off go run . -kernels leafset -out ../leafset/exits_amd64.s -stubs ../leafset/exits_amd64.go -pkg leafset"

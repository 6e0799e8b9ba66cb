// Package gather walks many rows down one tree, several at a time, by
// instructions that load from many places at once.
package gather

//go:generate sh -c "cd ../_asm && GOWORK=off go run . -kernels gather -out ../gather/rows_amd64.s -stubs ../gather/rows_amd64.go -pkg gather"

// Rows is the number of rows of a group.
const Rows = 32

// Package perfect finds where one row leaves many perfect trees, or the perfect
// tops of larger ones.
//
// A row is a few codes, one byte a column, and a node is a question,
// codes[column] > code. All nodes are asked, 64 by one comparison: the row's
// codes stay in registers, where a question finds its own by a permutation of
// bytes (VBMI), or by shuffles of 16 bytes each and selections among them. A
// tree's answers are bits in the order of a heap, node 1 on top and 2i and 2i+1
// below node i, so that the way down is a shift for each level, eight trees side
// by side; or, with VBMI, in sevens, so that it is a look into a table in
// registers for every three levels. A node takes 2 bytes, and nothing else is
// loaded.
//
// Without such instructions rows walk, four side by side, down one tree or down
// several: a step is a few instructions without a branch, and goes to the node
// of twice the number, or one more.
//
// Trees that are not perfect are filled up with nodes that always answer no.
package perfect

//go:generate sh -c "cd ../_asm && GOWORK=off go run . -kernels perfect -out ../perfect/kernels_amd64.s -stubs ../perfect/kernels_amd64.go -pkg perfect"

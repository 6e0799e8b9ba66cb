//go:build !amd64

package gather

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether walking this way is quicker than walking in Go.
func Pays(instructions.Set) bool { return false }

// Walk is for processors where it pays.
func Walk(first *int32, shift uint8, mask int32, keys []int32, stride int, root int32, places []int32) {
	panic("gather: not for this processor")
}

// WalkTrees is for processors where it pays.
func WalkTrees(nodes []uint32, first []int32, exits []uint8, codes []uint8, leaves []uint8) {
	panic("gather: not for this processor")
}

// WalkTreesInRegisters is for processors where it pays.
func WalkTreesInRegisters(nodes []uint32, first []int32, exits []uint8, codes *[128]uint8, leaves []uint8) {
	panic("gather: not for this processor")
}

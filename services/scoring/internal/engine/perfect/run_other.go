//go:build !amd64

package perfect

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether there are instructions for it.
func Pays(instructions.Set) bool { return false }

func (f *Forest) ask(nodes []uint8, codes *[MaxColumns]uint8, answers *[together]uint64) {
	askPortable(nodes, codes, answers)
}

func (f *Forest) descend(answers *[together]uint64, exits []uint8) {
	descendPortable(answers, f.depth, exits)
}

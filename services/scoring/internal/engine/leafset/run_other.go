//go:build !amd64

package leafset

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether finding exits this way is quicker than walking.
func Pays(instructions.Set) bool { return false }

// Exits writes the exit of every tree for a row, and of the trees that fill up
// the last group: Len of them. It is safe for concurrent use.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) { f.exitsPortable(codes, exits) }

//go:build !amd64

package perfect

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

func inRegisters(instructions.Set) bool { return false }

// ask is for forests that have no heaps, which here all have.
func (f *Forest) ask(codes *[MaxColumns]uint8, exits []uint8) { f.walkTrees(codes, exits) }

//go:build !amd64

package leafset

// Available reports whether this processor has the instructions for which the
// package is worth it.
const Available = false

// Exits writes the exit of every tree for a row, and of the trees that fill up
// the last group: Len of them. It is safe for concurrent use.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) { f.exitsPortable(codes, exits) }

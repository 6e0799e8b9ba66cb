package leafset

import "golang.org/x/sys/cpu"

// Available reports whether this processor has the instructions for which the
// package is worth it.
var Available = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512CD && cpu.X86.HasAVX512VBMI

// portable makes a test run in Go.
var portable = !Available

// Exits writes the exit of every tree for a row, and of the trees that fill up
// the last group: Len of them. It is safe for concurrent use.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) {
	if portable || len(f.chunks) == 0 {
		f.exitsPortable(codes, exits)
		return
	}
	_ = exits[f.Len()-1]
	if f.wide {
		exits128(&f.chunks[0], &f.counts[0], len(f.counts), &codes[0], &exits[0])
	} else {
		exits64(&f.chunks[0], &f.counts[0], len(f.counts), &codes[0], &exits[0])
	}
}

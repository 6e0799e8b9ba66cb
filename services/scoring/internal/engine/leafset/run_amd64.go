package leafset

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether finding exits this way is quicker than walking.
func Pays(use instructions.Set) bool { return use >= instructions.AVX512VBMI }

// Exits writes the exit of every tree for a row, and of the trees that fill up
// the last group: Len of them. It is safe for concurrent use.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) {
	if f.use < instructions.AVX512VBMI || len(f.chunks) == 0 {
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

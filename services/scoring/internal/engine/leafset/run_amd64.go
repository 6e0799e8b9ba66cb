package leafset

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether finding exits this way is quicker than walking.
func Pays(use instructions.Set) bool { return use >= instructions.AVX2 }

// Exits writes the exit of every tree for a row, and of the trees that fill up
// the last group: Len of them. It is safe for concurrent use.
//
// The assembly reads the chunks that the counts tell, which add made, and looks
// codes up by columns that are below 64, or below MaxColumns where f is wide.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) {
	if f.use == instructions.Portable || len(f.chunks) == 0 {
		f.exitsPortable(codes, exits)
		return
	}
	_ = exits[f.Len()-1]
	chunks, counts, groups := &f.chunks[0], &f.counts[0], len(f.counts)
	switch {
	case f.use >= instructions.AVX512VBMI && f.wide:
		exits128_vbmi(chunks, counts, groups, &codes[0], &exits[0])
	case f.use >= instructions.AVX512VBMI:
		exits64_vbmi(chunks, counts, groups, &codes[0], &exits[0])
	case f.use >= instructions.AVX512 && f.wide:
		exits128_512(chunks, counts, groups, &codes[0], &exits[0])
	case f.use >= instructions.AVX512:
		exits64_512(chunks, counts, groups, &codes[0], &exits[0])
	case f.wide:
		exits128_256(chunks, counts, groups, &codes[0], &exits[0])
	default:
		exits64_256(chunks, counts, groups, &codes[0], &exits[0])
	}
}

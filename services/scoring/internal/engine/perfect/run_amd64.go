package perfect

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether there are instructions for it.
func Pays(use instructions.Set) bool { return use >= instructions.AVX512 }

// ask answers the nodes of whole vectors. The assembly looks codes up by
// columns that are below 64, or below MaxColumns where f is wide.
func (f *Forest) ask(nodes []uint8, codes *[MaxColumns]uint8, answers *[together]uint64) {
	n := len(nodes) / vectorSize
	_ = answers[n-1]
	switch {
	case f.use >= instructions.AVX512VBMI && f.wide:
		ask128_vbmi(&nodes[0], n, &codes[0], &answers[0])
	case f.use >= instructions.AVX512VBMI:
		ask64_vbmi(&nodes[0], n, &codes[0], &answers[0])
	case f.use >= instructions.AVX512 && f.wide:
		ask128_512(&nodes[0], n, &codes[0], &answers[0])
	case f.use >= instructions.AVX512:
		ask64_512(&nodes[0], n, &codes[0], &answers[0])
	default:
		askPortable(nodes, codes, answers)
	}
}

// descend finds the exits of whole groups, at most together trees, whose answers
// take a word each at most.
func (f *Forest) descend(answers *[together]uint64, exits []uint8) {
	if f.use < instructions.AVX512 {
		descendPortable(answers, f.depth, exits)
		return
	}
	groups := len(exits) / groupTrees
	switch {
	case f.bySevens():
		descend6_vbmi(&answers[0], groups, &exits[0])
	case f.depth == 3:
		descend3(&answers[0], groups, &exits[0])
	case f.depth == 4:
		descend4(&answers[0], groups, &exits[0])
	case f.depth == 5:
		descend5(&answers[0], groups, &exits[0])
	case f.depth == MaxDepth:
		descend6(&answers[0], groups, &exits[0])
	}
}

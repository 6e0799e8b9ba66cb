package perfect

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// inRegisters reports whether there are instructions that ask all nodes.
func inRegisters(use instructions.Set) bool { return use >= instructions.AVX512 }

// together is how many trees are asked before their exits are looked for: until
// then the answers, at most as many as words, have come to memory.
const together = 128

// ask asks all nodes, and goes down by the answers.
func (f *Forest) ask(codes *[MaxColumns]uint8, exits []uint8) {
	var answers [together]uint64
	nodes := f.nodes
	for len(nodes) > 0 {
		trees := min(together, len(nodes)>>1>>f.depth)
		vectors := trees << f.depth / vectorNodes
		f.answer(nodes[:vectors*vectorSize], codes, &answers)
		f.descend(&answers, exits[:trees])
		nodes, exits = nodes[vectors*vectorSize:], exits[trees:]
	}
}

// answer answers the nodes of whole vectors. The assembly looks codes up by
// columns that are below 64, or below MaxColumns where f is wide.
func (f *Forest) answer(nodes []uint8, codes *[MaxColumns]uint8, answers *[together]uint64) {
	n := len(nodes) / vectorSize
	_ = answers[n-1]
	switch {
	case f.use >= instructions.AVX512VBMI && f.wide:
		ask128_vbmi(&nodes[0], n, &codes[0], &answers[0])
	case f.use >= instructions.AVX512VBMI:
		ask64_vbmi(&nodes[0], n, &codes[0], &answers[0])
	case f.wide:
		ask128_512(&nodes[0], n, &codes[0], &answers[0])
	default:
		ask64_512(&nodes[0], n, &codes[0], &answers[0])
	}
}

// descend finds the exits of whole groups, at most together trees, whose answers
// take a word each at most.
func (f *Forest) descend(answers *[together]uint64, exits []uint8) {
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
	case f.depth == maxAsked:
		descend6(&answers[0], groups, &exits[0])
	}
}

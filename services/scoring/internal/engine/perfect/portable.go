package perfect

// The steps in Go, as what the assembly is held to.

func askPortable(nodes []uint8, codes *[MaxColumns]uint8, answers *[together]uint64) {
	for i := range len(nodes) / vectorSize {
		vector, answer := nodes[i*vectorSize:][:vectorSize], uint64(0)
		for j, column := range vector[:vectorNodes] {
			if codes[column] > vector[vectorNodes+j] {
				answer |= 1 << j
			}
		}
		answers[i] = answer
	}
}

func descendPortable(answers *[together]uint64, depth int, exits []uint8) {
	for tree := range exits {
		bit := tree << depth
		answer := answers[bit/64] >> (bit % 64)
		node := uint64(1)
		for range depth {
			node = 2*node + answer>>node&1
		}
		exits[tree] = uint8(node - 1<<depth)
	}
}

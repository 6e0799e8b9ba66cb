package gather

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Pays reports whether walking this way is quicker than walking in Go.
func Pays(use instructions.Set) bool {
	return use >= instructions.AVX512 && instructions.QuickGathers()
}

// Walk takes rows, whole groups of Rows, from a root to leaves and writes the
// leaves' keys. A node is its key and its link, of which link >> shift is the
// place in the row's keys, stride of them, of what is compared, and link & mask
// the distance to the children: on to the first where keys[place] <= key, to
// the one after it where not. A leaf stands still: its distance is 0, and
// keys[0] is not above its key in any row. Places in the keys are below stride,
// and distances lead to nodes: the caller's nodes come from a checked model.
func Walk(first *int32, shift uint8, mask int32, keys []int32, stride int, root int32, places []int32) {
	groups := len(places) / Rows
	if groups == 0 {
		return
	}
	_ = keys[len(places)*stride-1] // the assembly reads those of every row, and trusts nodes
	rows32(first, uint64(shift), uint64(mask), &keys[0], stride, int(root), groups, &places[0])
}

// WalkTrees walks one row down trees, whole groups of Trees, from the nodes at
// first + exit to leaves and writes the leaves' numbers. A node is, from the
// lowest bit on, 9 bits of the distance to its children, 15 of a column and 8 of
// a code: a row goes on to the first child where codes[column] <= code, to the
// one after it where not. A leaf stands still: its distance is 0, its code 255,
// and its column its number. Columns are below len(codes) - Beyond, and first,
// exits and distances lead to nodes, which the caller's packing made sure.
func WalkTrees(nodes []uint32, first []int32, exits []uint8, codes []uint8, leaves []uint8) {
	groups := len(first) / Trees
	if groups == 0 {
		return
	}
	_, _, _ = nodes[0], exits[groups*Trees-1], leaves[groups*Trees-1]
	trees(&nodes[0], &first[0], &exits[0], groups, &codes[0], &leaves[0])
}

// WalkTreesInRegisters is WalkTrees for codes that registers hold; columns are
// taken by their lowest 7 bits. It needs VBMI.
func WalkTreesInRegisters(nodes []uint32, first []int32, exits []uint8, codes *[128]uint8, leaves []uint8) {
	groups := len(first) / Trees
	if groups == 0 {
		return
	}
	_, _, _ = nodes[0], exits[groups*Trees-1], leaves[groups*Trees-1]
	trees_vbmi(&nodes[0], &first[0], &exits[0], groups, &codes[0], &leaves[0])
}

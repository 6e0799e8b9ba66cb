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

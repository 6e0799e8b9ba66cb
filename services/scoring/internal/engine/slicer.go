package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A slicer numbers an ensemble's thresholds.
type slicer[K key] struct {
	from   *model.Ensemble
	width  *width[K]
	use    Instructions
	views  []slicedView[K] // in the order in which they were met
	viewOf []int32         // by feature and missing rule: index + 1; 0 for none

	// only, where not nil, are the nodes of each tree that count.
	only [][]int32
	// placed, where not nil, are the places of all nodes, by tree.
	placed [][]place

	kinds      []setKind // in the order in which they were met
	classes    map[setKind]*classes
	boundaries map[category][]uint8
}

// A slicedView is a view with its thresholds, sorted, each once.
type slicedView[K key] struct {
	view
	thresholds []K
	first      int // column of the first thresholds
}

// A place is the column of a numeric split and the code that its threshold has
// there: column<<8 | code.
type place uint32

func (p place) column() int { return int(p >> 8) }
func (p place) code() uint8 { return uint8(p) }

func newSlicer[K key](e *model.Ensemble, w *width[K], i Instructions) *slicer[K] {
	return &slicer[K]{
		from: e, width: w, use: i, viewOf: make([]int32, len(e.In)*missingRules),
		classes: map[setKind]*classes{}, boundaries: map[category][]uint8{},
	}
}

// numeric calls f with every numeric split that counts.
func (p *slicer[K]) numeric(f func(*model.Node)) {
	for i := range p.from.Trees {
		nodes := p.from.Trees[i].Nodes
		if p.only != nil {
			for _, at := range p.only[i] {
				f(&nodes[at])
			}
			continue
		}
		for j := range nodes {
			if nodes[j].Set < 0 {
				f(&nodes[j])
			}
		}
	}
}

func (p *slicer[K]) threshold(n *model.Node) K {
	return p.width.threshold(n.Threshold, p.from.Compare)
}

func (p *slicer[K]) columns() (columns []slicedColumn, numbers *bitslice.Columns) {
	p.numeric(func(n *model.Node) {
		at := &p.viewOf[int(n.Feature)*missingRules+int(n.Missing)]
		if *at == 0 {
			p.views = append(p.views, slicedView[K]{view: view{p.from.In[n.Feature], n.Missing}})
			*at = int32(len(p.views))
		}
		v := &p.views[*at-1]
		v.thresholds = append(v.thresholds, p.threshold(n))
	})
	p.sortViews()
	var thresholds []bitslice.Thresholds
	for i := range p.views {
		v := &p.views[i]
		slices.Sort(v.thresholds)
		v.thresholds, v.first = slices.Compact(v.thresholds), len(columns)
		for part := range slices.Chunk(v.thresholds, bitslice.MaxThresholds) {
			columns = append(columns, slicedColumn{from: v.column, zeroMissing: v.missing >= model.ZeroMissingRight})
			thresholds = append(thresholds, p.column(v, part))
		}
	}
	return slices.Clip(columns), bitslice.NewColumns(thresholds, p.from.Input == model.F32, p.use)
}

// sortViews brings the views into the order of the columns that they read, so
// that codes stand where values do, where every column has one view.
func (p *slicer[K]) sortViews() {
	order := make([]int32, len(p.views))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(p.views[a].column, p.views[b].column) })
	views, at := make([]slicedView[K], len(p.views)), make([]int32, len(p.views)+1)
	for to, from := range order {
		views[to], at[from+1] = p.views[from], int32(to+1)
	}
	for i, of := range p.viewOf {
		p.viewOf[i] = at[of]
	}
	p.views = views
}

func (p *slicer[K]) column(v *slicedView[K], keys []K) bitslice.Thresholds {
	t := bitslice.Thresholds{Missing: math.Inf(1), Values: make([]float64, len(keys))}
	for i, k := range keys {
		t.Values[i] = p.width.number(k)
	}
	switch v.missing {
	case model.MissingLeft, model.ZeroMissingLeft:
		t.Missing = math.Inf(-1)
	case model.MissingIsZero:
		t.Missing = 0
	}
	return t
}

// place finds the place of a numeric split.
func (p *slicer[K]) place(tree int, node int32) place {
	if p.placed != nil {
		return p.placed[tree][node]
	}
	n := &p.from.Trees[tree].Nodes[node]
	v := &p.views[p.viewOf[int(n.Feature)*missingRules+int(n.Missing)]-1]
	at, _ := slices.BinarySearch(v.thresholds, p.threshold(n))
	return place((v.first+at/bitslice.MaxThresholds)<<8 | at%bitslice.MaxThresholds)
}

// placeAll keeps the places of all numeric splits.
func (p *slicer[K]) placeAll() {
	placed := make([][]place, len(p.from.Trees))
	for i := range placed {
		placed[i] = make([]place, len(p.from.Trees[i].Nodes))
		for j := range placed[i] {
			if p.from.Trees[i].Nodes[j].Set < 0 {
				placed[i][j] = p.place(i, int32(j))
			}
		}
	}
	p.placed = placed
}

// splits are those of a tree.
func (p *slicer[K]) splits(tree int) []bitslice.Split {
	nodes := p.from.Trees[tree].Nodes
	splits, codes := make([]bitslice.Split, len(nodes)), make([]uint8, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		if n.Set >= 0 {
			splits[i] = p.category(n)
			continue
		}
		at := p.place(tree, int32(i))
		codes[i] = at.code()
		splits[i] = bitslice.Split{Column: int32(at.column()), Boundaries: codes[i : i+1 : i+1], Left: n.Left, Right: n.Right}
	}
	return splits
}

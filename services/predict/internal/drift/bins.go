package drift

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// maxBins is the most bins of a distribution, which package store checks.
const maxBins = 50

// other is the label of the bin for all that have none of their own.
const other = "(other)"

// bins count a distribution.
type bins struct {
	edges  []float64      // of numbers, ascending
	index  map[string]int // of categories and classes
	labels []string
	shares []float64 // of the reference
	psi    float64
	js     float64
	counts []atomic.Uint64
}

// newBins makes the bins of a distribution that has shares.
func newBins(d *store.Distribution) *bins {
	b := &bins{edges: d.Edges, shares: d.Shares, psi: d.PSI, js: d.JS, counts: make([]atomic.Uint64, len(d.Shares))}
	names := d.Categories
	for _, class := range d.Classes {
		names = append(names, text(class))
	}
	if d.Edges != nil {
		for i := range d.Shares {
			b.labels = append(b.labels, interval(d.Edges, i))
		}
		return b
	}
	b.index = make(map[string]int, len(names))
	for i, name := range names {
		b.index[name] = i
		b.labels = append(b.labels, label(name))
	}
	if len(names) < len(d.Shares) {
		b.labels = append(b.labels, other)
	}
	return b
}

// interval names a bin of numbers so that names sort as the bins do.
func interval(edges []float64, i int) string {
	low, high := "-inf", "+inf)"
	if i > 0 {
		low = short(edges[i-1])
	}
	if i < len(edges) {
		high = short(edges[i]) + "]"
	}
	return fmt.Sprintf("%0*d (%s, %s", len(strconv.Itoa(len(edges))), i, low, high)
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// label is a category's name in a label, where the empty one, which is none,
// and those that look like another's are quoted.
func label(name string) string {
	if name == "" || name == other || strings.HasPrefix(name, `"`) {
		return strconv.Quote(name)
	}
	return name
}

// text is a class as scoring.Label has it.
func text(class any) string {
	if x, ok := class.(float64); ok {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(class)
}

// find returns the bin of a category or class; that of the others may be one
// too many.
func (b *bins) find(name string) int {
	if i, ok := b.index[name]; ok {
		return i
	}
	return len(b.index)
}

// series is the number of series: counts, shares and two thresholds.
func (b *bins) series() int { return 2*len(b.counts) + 2 }

// countNumbers counts rows of numbers; NaN has no bin.
func (b *bins) countNumbers(values []float64, rows []int32, shift uint) {
	if len(rows) == 1 { // as most requests have: there is nothing to gather first
		if x := values[rows[0]]; !math.IsNaN(x) {
			b.counts[b.of(x)].Add(1 << shift)
		}
		return
	}
	var local [maxBins + 1]uint32
	for _, row := range rows {
		if x := values[row]; !math.IsNaN(x) {
			local[b.of(x)]++
		}
	}
	b.flush(&local, shift)
}

// of returns the bin of a number.
func (b *bins) of(x float64) int {
	bin := 0
	for _, edge := range b.edges {
		if x > edge {
			bin++
		}
	}
	return bin
}

func (b *bins) countStrings(c *scoring.Column, rows []int32, shift uint) {
	var local [maxBins + 1]uint32
	for _, row := range rows {
		if c.Missing == nil || !c.Missing[row] {
			local[b.find(c.Strings[row])]++
		}
	}
	b.flush(&local, shift)
}

// countClasses counts rows by the bins of their classes.
func (b *bins) countClasses(classes []int32, binOf []int, rows []int32, shift uint) {
	var local [maxBins + 1]uint32
	for _, row := range rows {
		local[binOf[classes[row]]]++
	}
	b.flush(&local, shift)
}

func (b *bins) flush(local *[maxBins + 1]uint32, shift uint) {
	for i := range b.counts {
		add(&b.counts[i], uint64(local[i]), shift)
	}
}

package store

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

const referenceFormat = "treehouse.dev/reference/v1"

// Greatest sizes of what a reference may say. MaxManifest bounds the number of
// its features.
const (
	maxBins     = 50
	maxCategory = 128 // bytes
)

// A Reference says how the features and the predictions were distributed in
// the rows that a model was saved with, and from where on traffic is
// distributed otherwise.
type Reference struct {
	Format      string             `yaml:"format"`
	Rows        int                `yaml:"rows"`        // that the shares are of
	Window      int                `yaml:"window"`      // rows of the smallest window that the thresholds hold for
	FalseAlarms float64            `yaml:"falseAlarms"` // share of such windows that exceed one though nothing drifted
	Features    []FeatureReference `yaml:"features"`
	Prediction  *Distribution      `yaml:"prediction"` // nil where a row has several numbers
}

// A FeatureReference is about one input column. Its distribution is that of
// the values that are not missing.
type FeatureReference struct {
	Name         string   `yaml:"name"`
	Missing      float64  `yaml:"missing"` // share of the rows
	Min          *float64 `yaml:"min"`     // of the finite numbers; nil without one
	Max          *float64 `yaml:"max"`
	Distribution `yaml:",inline"`
}

// A Distribution is shares of bins. A bin of numbers is above the edge before
// it and up to its own, which it holds; the last one has no edge. Categories
// have a bin each, and a last one for all others. Classes have one each, and
// may have the last one. Without shares there was no value.
type Distribution struct {
	Edges      []float64 `yaml:"edges"`
	Categories []string  `yaml:"categories"`
	Classes    []any     `yaml:"classes"` // integers, floats, strings or bools
	Shares     []float64 `yaml:"shares"`
	PSI        float64   `yaml:"psi"` // drift threshold of the population stability index
	JS         float64   `yaml:"js"`  // drift threshold of the Jensen-Shannon distance, base 2
}

func (r *Reference) validate() error {
	switch {
	case r.Format != referenceFormat:
		return fmt.Errorf("format is %q; expected %q", r.Format, referenceFormat)
	case r.Rows < 1:
		return fmt.Errorf("rows is %d; expected at least 1", r.Rows)
	case r.Window < 1:
		return fmt.Errorf("window is %d; expected at least 1", r.Window)
	case !isShare(r.FalseAlarms):
		return fmt.Errorf("falseAlarms is %v; expected 0 to 1", r.FalseAlarms)
	}
	seen := map[string]bool{}
	for i := range r.Features {
		f := &r.Features[i]
		if f.Name == "" || seen[f.Name] {
			return fmt.Errorf("features[%d]: name is %q; expected one that no other feature has", i, f.Name)
		}
		seen[f.Name] = true
		if err := f.validate(); err != nil {
			return fmt.Errorf("feature %s: %w", f.Name, err)
		}
	}
	if p := r.Prediction; p != nil {
		if p.Categories != nil {
			return errors.New("prediction: it has categories; expected edges or classes")
		}
		if err := p.validate(); err != nil {
			return fmt.Errorf("prediction: %w", err)
		}
	}
	return nil
}

func (f *FeatureReference) validate() error {
	switch {
	case !isShare(f.Missing):
		return fmt.Errorf("missing is %v; expected 0 to 1", f.Missing)
	case (f.Min == nil) != (f.Max == nil):
		return errors.New("it has one of min and max; expected both or neither")
	case f.Min != nil && !(*f.Min <= *f.Max):
		return fmt.Errorf("min is %v and max is %v; expected numbers, the first one not greater", *f.Min, *f.Max)
	case f.Classes != nil:
		return errors.New("it has classes; expected edges or categories")
	}
	return f.Distribution.validate()
}

func (d *Distribution) validate() error {
	if len(d.Shares) > maxBins {
		return fmt.Errorf("it has %d shares; at most %d are accepted", len(d.Shares), maxBins)
	}
	if err := d.checkBins(); err != nil {
		return err
	}
	sum := 0.0
	for i, share := range d.Shares {
		if !isShare(share) {
			return fmt.Errorf("shares[%d] is %v; expected 0 to 1", i, share)
		}
		sum += share
	}
	if len(d.Shares) > 0 && math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("the shares add up to %v; expected 1", sum)
	}
	for name, threshold := range map[string]float64{"psi": d.PSI, "js": d.JS} {
		if !(threshold >= 0) || math.IsInf(threshold, 0) {
			return fmt.Errorf("%s is %v; expected a number that is not negative", name, threshold)
		}
	}
	return nil
}

// checkBins holds the bins' limits to the number of shares.
func (d *Distribution) checkBins() error {
	kinds := 0
	for _, given := range []bool{d.Edges != nil, d.Categories != nil, d.Classes != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("it has %d of edges, categories and classes; expected one of them", kinds)
	case len(d.Shares) == 0:
		return nil
	case d.Edges != nil && len(d.Shares) != len(d.Edges)+1:
		return fmt.Errorf("it has %d shares for %d edges; expected one more than edges", len(d.Shares), len(d.Edges))
	case d.Categories != nil && len(d.Shares) != len(d.Categories)+1:
		return fmt.Errorf("it has %d shares for %d categories; expected one more, for all others", len(d.Shares), len(d.Categories))
	case d.Classes != nil && len(d.Shares) != len(d.Classes) && len(d.Shares) != len(d.Classes)+1:
		return fmt.Errorf("it has %d shares for %d classes; expected one each, and at most one more for all others", len(d.Shares), len(d.Classes))
	}
	for i, edge := range d.Edges {
		if math.IsNaN(edge) || math.IsInf(edge, 0) || i > 0 && edge <= d.Edges[i-1] {
			return fmt.Errorf("edges[%d] is %v; expected ascending finite numbers", i, edge)
		}
	}
	for i, c := range d.Categories {
		if len(c) > maxCategory || slices.Contains(d.Categories[:i], c) {
			return fmt.Errorf("categories[%d] is %.40q; expected at most %d bytes, and each but once", i, c, maxCategory)
		}
	}
	return nil
}

func isShare(x float64) bool { return x >= 0 && x <= 1 }

package model

import (
	"errors"
	"fmt"
	"math"
)

// Limits of a model. They are far above what libraries write and far below
// what would let a small file ask for a large amount of memory.
const (
	MaxColumns   = 1 << 20
	MaxScores    = 1 << 16
	MaxSteps     = 1 << 22
	MaxTrees     = 1 << 22
	MaxDepth     = 4096
	MaxTreeItems = 1 << 30 // nodes, and leaf values, of all trees
	MaxCategory  = 1 << 24
)

// Validate checks everything that lets an engine run the model without any
// further check: columns are defined once and before they are used, kinds
// agree, every index is in range, every tree is a tree, and the output fits
// the scores. It takes time linear in the size of the model.
func (m *Model) Validate() error {
	kinds, err := m.checkInput()
	if err != nil {
		return err
	}
	if len(m.Steps) > MaxSteps {
		return fmt.Errorf("model: %d steps; at most %d", len(m.Steps), MaxSteps)
	}
	t := &table{features: m.Features, kinds: kinds, defined: len(m.Features), isDefined: make([]bool, m.Columns)}
	for i := range m.Features {
		t.isDefined[i] = true
	}
	for i, s := range m.Steps {
		if err := checkStep(t, s); err != nil {
			return fmt.Errorf("model: step %d (%T): %w", i, s, err)
		}
	}
	if t.defined != m.Columns {
		return fmt.Errorf("model: %d columns are declared, but %d are defined", m.Columns, t.defined)
	}
	if err := checkEstimator(t, m.Estimator); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if err := m.Output.check(m.Estimator); err != nil {
		return fmt.Errorf("model: output: %w", err)
	}
	if err := m.checkTransformed(t); err != nil {
		return fmt.Errorf("model: transform: %w", err)
	}
	return nil
}

// checkTransformed checks what transform yields.
func (m *Model) checkTransformed(t *table) error {
	n := len(m.Transformed)
	switch {
	case n > MaxScores:
		return fmt.Errorf("%d columns; at most %d", n, MaxScores)
	case n == 0 && m.Output.Task == Transformation:
		return errors.New("no columns")
	case m.Names != nil && len(m.Names) != n:
		return fmt.Errorf("%d names for %d columns", len(m.Names), n)
	}
	return checkIn(t, m.Transformed)
}

// checkInput checks the features and returns the kinds of all columns, those
// of the inputs filled in.
func (m *Model) checkInput() ([]Kind, error) {
	switch {
	case m.Columns < len(m.Features) || m.Columns > MaxColumns:
		return nil, fmt.Errorf("model: %d columns for %d features; at most %d", m.Columns, len(m.Features), MaxColumns)
	case len(m.Features) == 0:
		return nil, errors.New("model: no features")
	}
	kinds := make([]Kind, m.Columns)
	seen := make(map[string]bool, len(m.Features))
	for i, f := range m.Features {
		if f.Name == "" {
			return nil, fmt.Errorf("model: feature %d has no name", i)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("model: two features are named %q", f.Name)
		}
		seen[f.Name] = true
		if f.Kind > String {
			return nil, fmt.Errorf("model: feature %q has unknown kind %d", f.Name, f.Kind)
		}
		for _, c := range f.Categories {
			if err := checkScalar(c, f.Kind); err != nil {
				return nil, fmt.Errorf("model: feature %q: %w", f.Name, err)
			}
		}
		kinds[i] = f.Kind
	}
	return kinds, nil
}

// A table is the columns defined so far.
type table struct {
	features  []Feature
	kinds     []Kind
	isDefined []bool
	defined   int
}

// read checks that a column exists and holds values of the given kind.
func (t *table) read(c Column, want Kind) error {
	if err := t.exists(c); err != nil {
		return err
	}
	if t.kinds[c] != want {
		return fmt.Errorf("column %d holds %ss where %ss are read", c, t.kinds[c], want)
	}
	return nil
}

func (t *table) exists(c Column) error {
	if c < 0 || int(c) >= len(t.kinds) {
		return fmt.Errorf("column %d is read; there are %d", c, len(t.kinds))
	}
	if !t.isDefined[c] {
		return fmt.Errorf("column %d is read before it is defined", c)
	}
	if int(c) < len(t.features) && t.features[c].Unused {
		return fmt.Errorf("column %d is read, but feature %q is declared unused", c, t.features[c].Name)
	}
	return nil
}

// define checks that a column is new, and gives it its kind.
func (t *table) define(c Column, k Kind) error {
	if c < 0 || int(c) >= len(t.kinds) {
		return fmt.Errorf("column %d is defined; there are %d", c, len(t.kinds))
	}
	if t.isDefined[c] {
		return fmt.Errorf("column %d is defined twice", c)
	}
	t.isDefined[c], t.kinds[c] = true, k
	t.defined++
	return nil
}

func checkScalar(s Scalar, k Kind) error {
	switch {
	case s.Missing:
		return nil
	case s.Kind != k:
		return fmt.Errorf("a %s among %ss", s.Kind, k)
	case k == Number && math.IsNaN(s.Number):
		return errors.New("a NaN that is not marked missing")
	}
	return nil
}

func (k Kind) String() string {
	switch k {
	case Number:
		return "number"
	case String:
		return "string"
	}
	return fmt.Sprintf("kind(%d)", k)
}

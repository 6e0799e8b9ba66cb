package model

import (
	"errors"
	"fmt"
	"math"
)

func checkWidth(n int) error {
	if n < 1 || n > MaxScores {
		return fmt.Errorf("%d scores; at least 1 and at most %d", n, MaxScores)
	}
	return nil
}

func checkIn(t *table, in []Column) error {
	if len(in) > MaxColumns {
		return fmt.Errorf("%d inputs; at most %d", len(in), MaxColumns)
	}
	for _, c := range in {
		if err := t.read(c, Number); err != nil {
			return err
		}
	}
	return nil
}

func checkLinear(t *table, l *Linear) error {
	if err := errors.Join(checkWidth(len(l.Intercept)), checkIn(t, l.In)); err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	if l.Sum > F32 || len(l.Coef) != len(l.Intercept) {
		return fmt.Errorf("linear: %d rows of coefficients for %d intercepts, precision %d", len(l.Coef), len(l.Intercept), l.Sum)
	}
	for k, row := range l.Coef {
		if len(row) != len(l.In) {
			return fmt.Errorf("linear: %d coefficients for %d inputs", len(row), len(l.In))
		}
		for j, c := range row {
			if err := representable(c, l.Sum); err != nil {
				return fmt.Errorf("linear: coefficient [%d][%d]: %w", k, j, err)
			}
		}
		if err := representable(l.Intercept[k], l.Sum); err != nil {
			return fmt.Errorf("linear: intercept %d: %w", k, err)
		}
	}
	return nil
}

// representable refuses what is not a finite number of the given precision:
// a reader that forgot to round would otherwise yield almost right numbers.
func representable(x float64, p Precision) error {
	if err := finite("it", x); err != nil {
		return err
	}
	if p == F32 && float64(float32(x)) != x {
		return fmt.Errorf("%v is not a float32", x)
	}
	return nil
}

func checkEnsemble(t *table, e *Ensemble) error {
	if err := errors.Join(checkWidth(len(e.Base)), checkIn(t, e.In)); err != nil {
		return fmt.Errorf("trees: %w", err)
	}
	switch {
	case e.Input > F32 || e.Sum > F32 || e.Compare > Less:
		return fmt.Errorf("trees: unknown precision %d, %d or comparison %d", e.Input, e.Sum, e.Compare)
	case math.IsNaN(e.Divisor) || math.IsInf(e.Divisor, 0):
		return fmt.Errorf("trees: divisor is %v", e.Divisor)
	case e.Offset != nil && (len(e.Offset) != len(e.Base) || e.Sum != F64):
		return fmt.Errorf("trees: %d offsets for %d scores, precision %d", len(e.Offset), len(e.Base), e.Sum)
	case len(e.Trees) > MaxTrees:
		return fmt.Errorf("trees: there are %d; at most %d", len(e.Trees), MaxTrees)
	}
	for k, b := range e.Base {
		if err := representable(b, e.Sum); err != nil {
			return fmt.Errorf("trees: base %d: %w", k, err)
		}
	}
	for k, o := range e.Offset {
		if err := errors.Join(finite("scale", e.Scale), finite("offset", o)); err != nil {
			return fmt.Errorf("trees: offset %d: %w", k, err)
		}
	}
	for i := range e.Sets {
		if err := e.Sets[i].check(); err != nil {
			return fmt.Errorf("trees: set %d: %w", i, err)
		}
	}
	w := walk{ensemble: e}
	items := 0
	for i := range e.Trees {
		tree := &e.Trees[i]
		if items += len(tree.Nodes) + len(tree.Leaves); items > MaxTreeItems {
			return fmt.Errorf("trees: more than %d nodes and leaf values", MaxTreeItems)
		}
		if err := w.check(tree); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return nil
}

func (s *Set) check() error {
	if len(s.Members) > MaxCategory/32 || len(s.Known) > MaxCategory/32 {
		return fmt.Errorf("categories above %d", MaxCategory)
	}
	if s.Others > MissingLeft {
		return fmt.Errorf("unknown rule %d for others", s.Others)
	}
	if !(s.Limit >= 0) {
		return fmt.Errorf("limit is %v", s.Limit)
	}
	return nil
}

// A walk checks trees, one after another, with the same scratch.
type walk struct {
	ensemble *Ensemble
	depth    []int32 // of each node, counted from 1; 0 where not reached yet
	leaf     []bool  // which leaves are reached
}

// check refuses whatever is not a binary tree over the ensemble's inputs. It
// follows the children from the root and marks what it meets: a node or leaf
// met twice is a cycle or a shared branch, and one never met is unreachable.
func (w *walk) check(t *Tree) error {
	leaves, err := w.checkLeaves(t)
	if err != nil {
		return err
	}
	if len(t.Nodes) == 0 {
		return nil
	}
	w.depth = cleared(w.depth, len(t.Nodes))
	w.leaf = cleared(w.leaf, leaves)
	w.depth[0] = 1
	open := []int32{0}
	reached := 0
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		node := &t.Nodes[i]
		if err := w.checkNode(node); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
		reached++
		for _, child := range [2]int32{node.Left, node.Right} {
			switch {
			case child >= 0 && int(child) < len(t.Nodes):
				if w.depth[child] != 0 {
					return fmt.Errorf("node %d is reached twice", child)
				}
				if w.depth[child] = w.depth[i] + 1; w.depth[child] > MaxDepth {
					return fmt.Errorf("deeper than %d", MaxDepth)
				}
				open = append(open, child)
			case child < 0 && int(^child) < leaves:
				if w.leaf[^child] {
					return fmt.Errorf("leaf %d is reached twice", ^child)
				}
				w.leaf[^child] = true
				reached++
			default:
				return fmt.Errorf("node %d has child %d; there are %d nodes and %d leaves", i, child, len(t.Nodes), leaves)
			}
		}
	}
	if reached != len(t.Nodes)+leaves {
		return fmt.Errorf("%d of %d nodes and leaves are never reached", len(t.Nodes)+leaves-reached, len(t.Nodes)+leaves)
	}
	return nil
}

func (w *walk) checkNode(n *Node) error {
	e := w.ensemble
	if n.Feature < 0 || int(n.Feature) >= len(e.In) {
		return fmt.Errorf("feature %d; there are %d", n.Feature, len(e.In))
	}
	if n.Set >= 0 {
		if int(n.Set) >= len(e.Sets) || n.Missing > MissingLeft {
			return fmt.Errorf("set %d of %d, missing rule %d", n.Set, len(e.Sets), n.Missing)
		}
		return nil
	}
	switch {
	case n.Set != -1:
		return fmt.Errorf("set %d", n.Set)
	case math.IsNaN(n.Threshold):
		return errors.New("the threshold is NaN")
	case n.Missing > ZeroMissingLeft:
		return fmt.Errorf("unknown missing rule %d", n.Missing)
	}
	return nil
}

// checkLeaves returns how many leaves there are.
func (w *walk) checkLeaves(t *Tree) (int, error) {
	e := w.ensemble
	leaves := len(t.Leaves)
	if t.Score == -1 {
		width := len(e.Base)
		if leaves%width != 0 {
			return 0, fmt.Errorf("%d leaf values for %d scores", leaves, width)
		}
		leaves /= width
	} else if t.Score < 0 || int(t.Score) >= len(e.Base) {
		return 0, fmt.Errorf("score %d of %d", t.Score, len(e.Base))
	}
	if leaves != len(t.Nodes)+1 {
		return 0, fmt.Errorf("%d leaves for %d nodes", leaves, len(t.Nodes))
	}
	for i, v := range t.Leaves {
		if err := representable(v, e.Sum); err != nil {
			return 0, fmt.Errorf("leaf value %d: %w", i, err)
		}
	}
	if t.Linear == nil {
		return leaves, nil
	}
	if len(t.Linear) != leaves || t.Score == -1 || e.Sum != F64 {
		return 0, fmt.Errorf("%d linear leaves for %d leaves of score %d, precision %d", len(t.Linear), leaves, t.Score, e.Sum)
	}
	for i := range t.Linear {
		if err := t.Linear[i].check(len(e.In)); err != nil {
			return 0, fmt.Errorf("linear leaf %d: %w", i, err)
		}
	}
	return leaves, nil
}

func (l *LinearLeaf) check(features int) error {
	if len(l.Features) != len(l.Coef) {
		return fmt.Errorf("%d coefficients for %d features", len(l.Coef), len(l.Features))
	}
	for i, f := range l.Features {
		if f < 0 || int(f) >= features {
			return fmt.Errorf("feature %d; there are %d", f, features)
		}
		if err := finite("coefficient", l.Coef[i]); err != nil {
			return err
		}
	}
	return finite("constant", l.Const)
}

// cleared returns a slice of n zeros, from s where it is large enough.
func cleared[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

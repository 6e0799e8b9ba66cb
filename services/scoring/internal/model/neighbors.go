package model

import (
	"fmt"
	"math"
)

// Neighbors finds the K points nearest to a row and yields what they have: the mean of
// their Values, or with ByDistance the mean weighed by 1/distance (where that is infinite
// for some, at distance 0 or just above, the mean of those alone). Distances are those of [Distance] without scales, whose root
// is taken at the end.
//
// Which of several equally far points are found is decided as scikit-learn does. Points
// are tried one after another; the K best are a heap, at first of K points number 0 that are
// infinitely far; a point that is not nearer than the root of the heap, or at distance NaN, is dropped, else it
// takes the root's place and sinks below greater ones, of two equal children below the left.
type Neighbors struct {
	In, Out    []Column
	Points     [][]float64
	Values     [][]float64 // [point][output]
	K          int
	Power      float64
	ByDistance bool
	// By, if not empty, refuses a row of which all weights are 0: its neighbors are
	// infinitely far.
	By string
	// Zeros answers 0 where all weights are 0, as votes are counted; else such a mean is NaN.
	Zeros bool
	// Tree says in which order the points are tried, and which are not; nil: all, in order.
	Tree *PointTree
	// Expanded, of Power 2 without a tree: squared distances are |x|² - 2·x·p + |p|²,
	// from left to right, and 0 where that is less or NaN.
	Expanded bool
}

// A PointTree is a binary tree of boxes of points: the children of Nodes[i] are 2i+1 and
// 2i+2. It is searched depth first, the child whose box is nearer before the other, the left one
// of two that are equally near; not below a box further than the root of the heap.
type PointTree struct {
	Order     []int32 // numbers of points
	Nodes     []PointNode
	Low, High [][]float64 // [node][column]: the box
}

// A PointNode holds the points Order[First:End]; they are tried where it is a leaf.
type PointNode struct {
	First, End int32
	Leaf       bool
}

// Reads implements [Wide].
func (s *Neighbors) Reads() []Column { return s.In }

// Defines implements [Wide].
func (s *Neighbors) Defines() []Column { return s.Out }

func (*Neighbors) step() {}

func (s *Neighbors) check() error {
	n := len(s.Points)
	switch {
	case s.K < 1 || s.K > n || n > math.MaxInt32:
		return fmt.Errorf("%d neighbors of %d points", s.K, n)
	case !(s.Power > 0) || s.Expanded && (s.Power != 2 || s.Tree != nil):
		return fmt.Errorf("the power is %v", s.Power)
	}
	if err := checkMatrix("point", s.Points, n, len(s.In), F64); err != nil {
		return err
	}
	if err := checkMatrix("value", s.Values, n, len(s.Out), F64); err != nil || s.Tree == nil {
		return err
	}
	return s.Tree.check(n, len(s.In))
}

func (t *PointTree) check(points, columns int) error {
	if len(t.Order) != points || len(t.Nodes) == 0 || len(t.Nodes) > 4*points {
		return fmt.Errorf("a tree of %d nodes orders %d of %d points", len(t.Nodes), len(t.Order), points)
	}
	for _, p := range t.Order {
		if p < 0 || int(p) >= points {
			return fmt.Errorf("point %d of %d", p, points)
		}
	}
	for i, n := range t.Nodes {
		if n.First < 0 || n.First > n.End || int(n.End) > points || !n.Leaf && 2*i+2 >= len(t.Nodes) {
			return fmt.Errorf("node %d of %d has points %d to %d of %d", i, len(t.Nodes), n.First, n.End, points)
		}
	}
	if err := checkMatrix("bound", t.Low, len(t.Nodes), columns, F64); err != nil {
		return err
	}
	return checkMatrix("bound", t.High, len(t.Nodes), columns, F64)
}

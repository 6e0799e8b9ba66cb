package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// An approach is a way to score a block. All give the same numbers; which one
// is quickest depends on the trees and on the number of rows.
type approach uint8

const (
	byRow   approach = iota // row by row, walking down several trees at a time
	byTree                  // tree by tree, walking several rows at a time
	byExit                  // row by row, asking all nodes of the trees' tops at once
	byCode                  // the same, and walking by codes alone
	bySlice                 // tree by tree, one bit a row
)

// costs estimate the time of each approach, in nanoseconds as measured on one
// server processor with AVX-512; only their ratios matter. An approach that
// the ensemble does not have costs infinitely much.
type costs struct {
	rowWalk   float64  // a row, byRow
	groupWalk float64  // a group of rows, byTree
	group     int      // rows of such a group
	exit      float64  // a row, byExit
	code      float64  // a row, byCode
	slices    float64  // a block, bySlice
	slice     float64  // and each of its slices of 64 rows
	alone     approach // that of one row
}

// estimate makes the costs; steps is the number of nodes that a row passes.
func (t *trees[K]) estimate(steps float64) costs {
	c := costs{rowWalk: 3.5 * steps, groupWalk: 2 * steps * interleave, group: t.width.group, exit: math.Inf(1), code: math.Inf(1), slices: math.Inf(1)}
	if t.width.group > interleave {
		c.groupWalk = 32 * steps // side by side
	}
	general := !t.plain() // walks take one row down one tree at a time
	if general {
		c.rowWalk, c.groupWalk, c.group = 11*steps, 11*steps, 1
	}
	if t.nodes == nil {
		c.rowWalk, c.groupWalk = math.Inf(1), math.Inf(1)
	}
	if o := t.tops; o != nil {
		if c.exit = o.cost(); general && !o.whole {
			c.exit = 0.85 * c.rowWalk // the top is the smaller part of a general walk
		}
	}
	if o := t.coded; o != nil {
		c.code = o.cost
	}
	if s := t.sliced; s != nil {
		c.slices, c.slice = s.forest.Cost()
		c.slice += 100 * float64(len(s.columns))
	}
	c.alone = c.choose(1)
	return c
}

// forced, unless nil, makes tests take an approach where an ensemble has it.
var forced *approach

// approach chooses one for a number of rows.
func (t *trees[K]) approach(rows int) approach {
	if forced != nil && t.has(*forced) {
		return *forced
	}
	if rows == 1 {
		return t.costs.alone
	}
	return t.costs.choose(rows)
}

// has reports whether the ensemble has an approach.
func (t *trees[K]) has(a approach) bool {
	switch a {
	case byExit:
		return t.tops != nil
	case byCode:
		return t.coded != nil
	case bySlice:
		return t.sliced != nil
	default:
		return t.nodes != nil
	}
}

// choose returns the approach for a number of rows.
func (c *costs) choose(rows int) approach {
	best, least := byRow, c.rowWalk*float64(rows)
	try := func(a approach, cost float64) {
		if cost < least {
			best, least = a, cost
		}
	}
	try(byTree, c.groupWalk*float64((rows+c.group-1)/c.group))
	try(byExit, c.exit*float64(rows))
	try(byCode, c.code*float64(rows))
	try(bySlice, c.slices+c.slice*float64((rows+63)/64))
	return best
}

// row is what a row of a large block costs.
func (c *costs) row() float64 {
	const rows = 512
	return min(c.groupWalk/float64(c.group), c.exit, c.code, (c.slices+c.slice*rows/64)/rows)
}

// steps is the number of nodes and leaves that a row passes, were all leaves
// of a tree reached equally often.
func steps(e *model.Ensemble) float64 {
	total := 0.0
	type visit struct{ node, depth int32 }
	var open []visit
	for i := range e.Trees {
		nodes := e.Trees[i].Nodes
		depths := 0
		open = append(open[:0], visit{0, 1})
		for len(nodes) > 0 && len(open) > 0 {
			v := open[len(open)-1]
			open = open[:len(open)-1]
			for _, child := range [2]int32{nodes[v.node].Left, nodes[v.node].Right} {
				if child >= 0 {
					open = append(open, visit{child, v.depth + 1})
				} else {
					depths += int(v.depth)
				}
			}
		}
		total += float64(depths)/float64(len(nodes)+1) + 1
	}
	return total
}

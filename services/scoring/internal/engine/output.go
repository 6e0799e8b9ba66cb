package engine

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// An output turns raw scores into what the library returns.
type output struct {
	model.Output
	width  int // raw scores a row
	linked int // values of the link a row
	given  *model.Given
	// targets are the numbers of classes of each label of a row, where there are several.
	targets []int
	back    []inverse // from a transformed target
}

func newOutput(o *model.Output, e model.Estimator) output {
	width := e.Width()
	out := output{Output: *o, width: width, linked: width}
	if g, ok := e.(*model.Given); ok {
		out.given = &model.Given{Probabilities: slices.Clone(g.Probabilities), Votes: slices.Clone(g.Votes), Chosen: slices.Clone(g.Chosen)}
	}
	for _, classes := range o.Targets {
		out.targets = append(out.targets, len(classes))
	}
	out.Targets = nil
	out.Inverse = nil // it is in back
	for _, v := range o.Inverse {
		out.back = append(out.back, newInverse(v, o.Precision))
	}
	out.linked = len(o.Classes)
	out.Classes = nil // labels are the caller's business
	switch {
	case o.Task == model.Transformation:
		out.linked = 0
	case len(o.Targets) > 0:
		out.linked = o.Probabilities()
	case o.Task == model.Regression:
		out.linked = width
		if o.Link == model.LinkArgmax {
			out.linked = 1
		}
	}
	return out
}

// write computes the wanted outputs from the block's scores. An error is a *RowError;
// all is written all the same.
func (o *output) write(b *Block, out *Outputs) error {
	if out.Scores != nil {
		o.copy(out.Scores, b.scores)
	}
	switch {
	case o.Task == model.Transformation:
		return nil
	case o.Task == model.Regression:
		return o.regression(b, out.Values)
	case o.targets != nil:
		o.several(b, out)
		return nil
	}
	classes, p := out.Classes, out.Probabilities
	if o.Decision == model.DecideVotes {
		o.vote(b, classes)
		classes = nil
	}
	switch {
	case p != nil:
	case classes == nil:
		return nil
	case o.byScore():
		for row := range classes {
			classes[row] = o.decide(b.scores[row*o.width:][:o.width], nil)
		}
		return nil
	default:
		b.linked = resize(b.linked, b.rows*o.linked)
		p = b.linked
	}
	if o.Link == model.LinkGiven {
		b.rowMajor(p, o.given.Probabilities)
	} else {
		for row := range b.rows {
			o.link(b.scores[row*o.width:][:o.width], p[row*o.linked:][:o.linked])
		}
	}
	for row := range classes {
		classes[row] = o.decide(b.scores[row*o.width:][:o.width], p[row*o.linked:][:o.linked])
	}
	return nil
}

// several writes the classes of each label of a row. A number that is none of a class
// counts as the first.
func (o *output) several(b *Block, out *Outputs) {
	if out.Classes != nil {
		for k, c := range o.given.Chosen {
			for row, x := range b.column(c) {
				class := int32(0)
				if x >= 0 && x < float64(o.targets[k]) {
					class = int32(x)
				}
				out.Classes[row*len(o.targets)+k] = class
			}
		}
	}
	if out.Probabilities != nil {
		b.rowMajor(out.Probabilities, o.given.Probabilities)
	}
}

// rowMajor writes columns row by row.
func (b *Block) rowMajor(to []float64, columns []model.Column) {
	for k, c := range columns {
		for row, x := range b.column(c) {
			to[row*len(columns)+k] = x
		}
	}
}

// transformed writes what transform yields, if it is wanted.
func (p *Predictor) transformed(b *Block, to []float64) {
	if to != nil {
		b.rowMajor(to, p.transform)
	}
}

// vote chooses the classes whose columns are greatest, the first of equal ones.
func (o *output) vote(b *Block, classes []int32) {
	if classes == nil {
		return
	}
	clear(classes)
	for k, c := range o.given.Votes {
		for row, v := range b.column(c) {
			if best := b.column(o.given.Votes[classes[row]])[row]; v > best || v != v && best == best {
				classes[row] = int32(k)
			}
		}
	}
}

func (o *output) regression(b *Block, values []float64) error {
	if values == nil {
		return nil
	}
	if (o.Link == model.LinkIdentity || o.Link == model.LinkAverage) && o.linked == o.width {
		o.copy(values, b.scores)
	} else {
		for row := range b.rows {
			o.link(b.scores[row*o.width:][:o.width], values[row*o.linked:][:o.linked])
		}
	}
	var refused error
	for i := range o.back {
		if err := o.back[i].apply(values, o.linked); refused == nil {
			refused = err
		}
	}
	return refused
}

// copy rounds values to the precision that the library returns.
func (o *output) copy(to, from []float64) {
	copy(to, from)
	if o.Precision != model.F32 {
		return
	}
	for i, v := range to {
		to[i] = float64(float32(v))
	}
}

// byScore reports whether classes can be told without probabilities. Those that
// are chosen by probability could not be, even where the link keeps the order:
// it rounds, and different scores may become one probability.
func (o *output) byScore() bool {
	switch o.Decision {
	case model.DecideScorePositive, model.DecideScoreNotNegative, model.DecideArgmaxScore, model.DecideScoreAbove:
		return true
	default:
		return false
	}
}

// round is x in the precision that the library returns.
func (o *output) round(x float64) float64 {
	if o.Precision == model.F32 {
		return float64(float32(x))
	}
	return x
}

// decide chooses a class from one row's scores and probabilities.
func (o *output) decide(scores, probabilities []float64) int32 {
	var yes bool
	switch o.Decision {
	case model.DecideScorePositive:
		yes = scores[0] > o.Border
	case model.DecideScoreNotNegative:
		yes = scores[0] >= 0
	case model.DecideAboveHalf:
		yes = probabilities[1] > 0.5
	case model.DecideArgmaxScore:
		return argmax(scores)
	case model.DecideScoreAbove:
		yes = scores[o.Score] > o.Border
	default:
		return argmax(probabilities)
	}
	if yes {
		return 1
	}
	return 0
}

// argmax is numpy's: the first greatest value, NaN being the greatest.
func argmax(x []float64) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] || v != v && x[best] == x[best] {
			best = i
		}
	}
	return int32(best)
}

package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

type positive model.Positive

func (s *positive) run(b *Block) error {
	for row, x := range b.column(s.In) {
		if x <= 0 {
			return b.refuse(row, s.In, fmt.Sprintf("%v is not positive, which %s refuses", x, s.By))
		}
	}
	return nil
}

type exceed model.Exceed

func (s *exceed) run(b *Block) error {
	out := b.column(s.Out)
	for row, x := range b.column(s.In) {
		out[row] = float64(one(x > s.Threshold))
	}
	return nil
}

type bucket model.Bucket

func (s *bucket) run(b *Block) error {
	out := b.column(s.Out)
	for row, x := range b.column(s.In) {
		out[row] = float64(notGreater(s.Edges, x))
	}
	return nil
}

// notGreater is how many of ascending numbers are not greater than x; all for NaN.
func notGreater(numbers []float64, x float64) int {
	lo, hi := 0, len(numbers)
	for lo < hi {
		if middle := int(uint(lo+hi) >> 1); numbers[middle] > x {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return lo
}

// A power is a model.Power whose function is chosen.
type power struct {
	in, out model.Column
	f       func(x float64) float64
}

func newPower(s model.Power) *power {
	l := s.Lambda
	o := &power{in: s.In, out: s.Out}
	switch {
	case s.Func == model.Raise:
		o.f = func(x float64) float64 { return math.Pow(x, l) }
	case s.Func == model.BoxCox && l == 0:
		o.f = model.Ln
	case s.Func == model.BoxCox:
		o.f = func(x float64) float64 { return math.Expm1(l*model.Ln(x)) / l }
	default:
		o.f = func(x float64) float64 { return yeoJohnson(x, l) }
	}
	return o
}

func yeoJohnson(x, l float64) float64 {
	if x >= 0 {
		if math.Abs(l) < model.Spacing {
			return math.Log1p(x)
		}
		return math.Expm1(l*math.Log1p(x)) / l
	}
	if math.Abs(l-2) > model.Spacing {
		return -math.Expm1((2-l)*math.Log1p(-x)) / (2 - l)
	}
	return -math.Log1p(-x)
}

func (s *power) run(b *Block) error {
	out := b.column(s.out)
	for row, x := range b.column(s.in) {
		out[row] = s.f(x)
	}
	return nil
}

type interpolate model.Interpolate

func (s *interpolate) run(b *Block) error {
	out := b.column(s.Out)
	for row, x := range b.column(s.In) {
		out[row] = interp(s.X, s.Y, x)
	}
	return nil
}

// interp is numpy's interp.
func interp(xs, ys []float64, x float64) float64 {
	n := notGreater(xs, x)
	switch {
	case x != x:
		return x
	case n == 0:
		return ys[0]
	case n == len(xs) || xs[n-1] == x:
		return ys[n-1]
	}
	slope := (ys[n] - ys[n-1]) / (xs[n] - xs[n-1])
	y := float64(slope*(x-xs[n-1])) + ys[n-1]
	if y != y { // with infinite slopes: numpy tries the other end, then equal ones
		if y = float64(slope*(x-xs[n])) + ys[n]; y != y && ys[n] == ys[n-1] {
			y = ys[n]
		}
	}
	return y
}

// A quantile is a model.Quantile with its points in both directions.
type quantile struct {
	model.Quantile
	backX, backY []float64
}

func newQuantile(s model.Quantile) *quantile {
	q := &quantile{Quantile: s}
	for i := range slices.Backward(s.X) {
		q.backX, q.backY = append(q.backX, -s.X[i]), append(q.backY, -s.Y[i])
	}
	return q
}

func (s *quantile) run(b *Block) error {
	out := b.column(s.Out)
	first, last := s.X[0], s.X[len(s.X)-1]
	for row, x := range b.column(s.In) {
		below, above := x == first, x == last
		if s.Slack > 0 {
			below, above = x-s.Slack < first, x+s.Slack > last
		}
		switch {
		case below:
			out[row] = 0
		case above:
			out[row] = 1
		default:
			out[row] = 0.5 * (interp(s.X, s.Y, x) - interp(s.backX, s.backY, -x))
		}
	}
	return nil
}

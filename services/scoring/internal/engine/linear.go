package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A linear estimator computes sums of products, column by column, so that the
// products of every row are added in the order of the columns.
type linear struct {
	in        []model.Column
	coef      [][]float64
	intercept []float64
	f32       bool
	biasFirst bool
}

func newLinear(l *model.Linear) *linear {
	out := &linear{
		in: slices.Clone(l.In), intercept: slices.Clone(l.Intercept),
		f32: l.Sum == model.F32, biasFirst: l.BiasFirst,
	}
	for _, row := range l.Coef {
		out.coef = append(out.coef, slices.Clone(row))
	}
	return out
}

func (l *linear) scratch() any { return nil }
func (l *linear) values() int  { return 0 }

func (l *linear) score(b *Block) {
	width := len(l.intercept)
	for k, coef := range l.coef {
		start, last := 0.0, l.intercept[k]
		if l.biasFirst {
			start, last = last, 0
		}
		for i := k; i < len(b.scores); i += width {
			b.scores[i] = start
		}
		for j, c := range coef {
			l.addColumn(b.scores[k:], width, c, b.column(l.in[j]))
		}
		if l.biasFirst {
			continue
		}
		for i := k; i < len(b.scores); i += width {
			b.scores[i] = l.add(b.scores[i], last)
		}
	}
}

// addColumn adds coef·x for every row; the sums are width apart.
func (l *linear) addColumn(sums []float64, width int, coef float64, x []float64) {
	for row, x := range x {
		if l.biasFirst && x != x {
			continue
		}
		i := row * width
		if l.f32 {
			sums[i] = l.add(sums[i], float64(float32(coef)*float32(x)))
		} else {
			sums[i] += float64(coef * x)
		}
	}
}

func (l *linear) add(a, b float64) float64 {
	if l.f32 {
		return float64(float32(a) + float32(b))
	}
	return a + b
}

// terms writes Σ|coef·x| + |intercept| for every score.
func (l *linear) terms(b *Block, out []float64) {
	width := len(l.intercept)
	for row := range b.rows {
		for k, coef := range l.coef {
			sum := math.Abs(l.intercept[k])
			for j, c := range coef {
				if t := math.Abs(c * b.column(l.in[j])[row]); t == t {
					sum += t
				}
			}
			out[row*width+k] = sum
		}
	}
}

func (l *linear) cost() float64 { return float64(len(l.in) * len(l.coef)) }

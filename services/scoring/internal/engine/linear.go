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
	bags      []bagColumns // inputs that are bags, in their order; not with biasFirst
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

// linearScratch is the sums of one score where there are several.
type linearScratch struct{ sums []float64 }

func (l *linear) scratch() any { return &linearScratch{} }
func (l *linear) values() int  { return 0 }

func (l *linear) score(b *Block) {
	if len(l.coef) == 1 {
		l.sum(b, 0, b.scores)
		return
	}
	s := b.scratch.(*linearScratch)
	s.sums = resize(s.sums, b.rows)
	for k := range l.coef {
		l.sum(b, k, s.sums)
		for row, sum := range s.sums {
			b.scores[row*len(l.coef)+k] = sum
		}
	}
}

// sum computes one score of every row.
func (l *linear) sum(b *Block, k int, sums []float64) {
	start, last := 0.0, l.intercept[k]
	if l.biasFirst {
		start = last
	}
	for row := range sums {
		sums[row] = start
	}
	from := 0
	for _, bag := range l.bags {
		l.addColumns(b, k, sums, from, bag.from)
		from = bag.from + bag.count
		l.addBag(&b.bags[bag.bag], l.coef[k][bag.from:from], sums)
	}
	l.addColumns(b, k, sums, from, len(l.in))
	if l.biasFirst {
		return
	}
	for row, sum := range sums {
		if l.f32 {
			sums[row] = float64(float32(sum) + float32(last))
		} else {
			sums[row] = sum + last
		}
	}
}

// addColumns adds the products of columns from one to before another.
func (l *linear) addColumns(b *Block, k int, sums []float64, j, end int) {
	coef := l.coef[k]
	const together = 4
	if !l.biasFirst {
		for ; j+together <= end; j += together {
			add := addFour[float64]
			if l.f32 {
				add = addFour[float32]
			}
			add(sums, [4]float64(coef[j:]), b.column(l.in[j]), b.column(l.in[j+1]), b.column(l.in[j+2]), b.column(l.in[j+3]))
		}
	}
	for ; j < end; j++ {
		if l.f32 {
			addColumn[float32](sums, coef[j], b.column(l.in[j]), l.biasFirst)
		} else {
			addColumn[float64](sums, coef[j], b.column(l.in[j]), l.biasFirst)
		}
	}
}

// addBag adds the products of the words of every row.
func (l *linear) addBag(of *bagged, coef, sums []float64) {
	for row, sum := range sums {
		for _, w := range of.row(row) {
			if l.f32 {
				sum = float64(float32(sum) + float32(float32(coef[w.at])*float32(w.value))) //nolint:unconvert // rounds the product
			} else {
				sum += float64(coef[w.at] * w.value)
			}
		}
		sums[row] = sum
	}
}

// addColumn adds coef·x for every row, but for missing x where they are skipped.
func addColumn[T float32 | float64](sums []float64, coef float64, x []float64, skip bool) {
	sums = sums[:len(x)]
	for row, x := range x {
		if skip && x != x {
			continue
		}
		sums[row] = float64(T(sums[row]) + T(T(coef)*T(x))) //nolint:unconvert // rounds the product
	}
}

// addFour is addColumn for four columns: each row's sum is read and written
// once, and its products are added in the order of the columns.
func addFour[T float32 | float64](sums []float64, coef [4]float64, x0, x1, x2, x3 []float64) {
	c0, c1, c2, c3 := T(coef[0]), T(coef[1]), T(coef[2]), T(coef[3])
	n := len(sums)
	x0, x1, x2, x3 = x0[:n], x1[:n], x2[:n], x3[:n]
	for row := range sums {
		sum := T(sums[row])
		sum += T(c0 * T(x0[row])) //nolint:unconvert // rounds the product
		sum += T(c1 * T(x1[row])) //nolint:unconvert // rounds the product
		sum += T(c2 * T(x2[row])) //nolint:unconvert // rounds the product
		sum += T(c3 * T(x3[row])) //nolint:unconvert // rounds the product
		sums[row] = float64(sum)
	}
}

// terms writes Σ|coef·x| + |intercept| for every score, of an x that is a sum
// itself that of its terms.
func (l *linear) terms(b *Block, of *terms, out []float64) {
	for _, bag := range l.bags {
		b.bags[bag.bag].write(b, l.in[bag.from:bag.from+bag.count])
	}
	width := len(l.intercept)
	for row := range b.rows {
		of := of.at(b, row)
		for k, coef := range l.coef {
			sum := math.Abs(l.intercept[k])
			for j, c := range coef {
				if t := math.Abs(c * of.of(l.in[j])); t == t {
					sum += t
				}
			}
			out[row*width+k] = sum
		}
	}
}

func (l *linear) cost() float64 { return float64(len(l.in) * len(l.coef)) }

package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// committee compiles a step by which many predictors become one. It is not ok
// with one that it does not know.
func committee(s model.Wide) (o op, ok bool) {
	switch s := s.(type) {
	case model.WeightedSum:
		return (*weightedSum)(&s), true
	case model.WeightedMedian:
		return (*weightedMedian)(&s), true
	case model.Tally:
		return (*tally)(&s), true
	case model.Duel:
		return (*duel)(&s), true
	case model.Last:
		return (*last)(&s), true
	case model.Greatest:
		return (*greatest)(&s), true
	case model.Share:
		return (*share)(&s), true
	case model.AtLeast:
		return (*atLeast)(&s), true
	case model.Text:
		return newText(s), true
	case model.TermWeights:
		return (*termWeights)(&s), true
	}
	return nil, false
}

type weightedSum model.WeightedSum

func (s *weightedSum) run(b *Block) error {
	out := b.column(s.Out)
	single := s.Sum == model.F32
	for i, in := range s.In {
		for row, x := range b.column(in) {
			if s.Weights != nil {
				x = round32If(single, s.Weights[i]*x)
			}
			if i > 0 {
				x = round32If(single, out[row]+x)
			}
			out[row] = x
		}
	}
	if s.Divisor == 0 {
		return nil
	}
	for row := range out {
		out[row] = round32If(single, out[row]/s.Divisor)
	}
	return nil
}

func round32If(single bool, x float64) float64 {
	if single {
		return float64(float32(x))
	}
	return x
}

type weightedMedian model.WeightedMedian

func (s *weightedMedian) run(b *Block) error {
	n := len(s.In)
	b.spareValues = resize(b.spareValues, 2*n)
	values, weights := b.spareValues[:n], b.spareValues[n:2*n]
	out := b.column(s.Out)
	for row := range out {
		for i, c := range s.In { // sorted by insertion: there are few
			x, w, at := b.column(c)[row], s.Weights[i], i
			for ; at > 0 && (x < values[at-1] || x == x && values[at-1] != values[at-1]); at-- {
				values[at], weights[at] = values[at-1], weights[at-1]
			}
			values[at], weights[at] = x, w
		}
		sum := 0.0
		for i, w := range weights {
			sum += w
			weights[i] = sum
		}
		at := 0
		for at < n-1 && !(weights[at] >= 0.5*sum) {
			at++
		}
		out[row] = values[at]
	}
	return nil
}

type tally model.Tally

func (s *tally) run(b *Block) error {
	for k, c := range s.Out {
		out := b.column(c)
		clear(out)
		for i, in := range s.In {
			gain, loss := s.Gain[i], s.Loss[i]
			for row, class := range b.column(in) {
				if class == float64(k) {
					out[row] += gain
				} else {
					out[row] += loss
				}
			}
		}
	}
	return nil
}

type duel model.Duel

func (s *duel) run(b *Block) error {
	n := len(s.Out)
	b.spareValues = resize(b.spareValues, n)
	sums := b.spareValues
	for row := range b.rows {
		clear(sums)
		for _, c := range s.Out {
			b.column(c)[row] = 0
		}
		pair := 0
		for i := range n {
			for j := i + 1; j < n; j++ {
				x, winner := b.column(s.Values[pair])[row], j
				if b.column(s.Wins[pair])[row] == 0 {
					winner = i
				}
				b.column(s.Out[winner])[row]++
				sums[i] -= x
				sums[j] += x
				pair++
			}
		}
		for i, c := range s.Out {
			b.column(c)[row] += sums[i] / (3 * (math.Abs(sums[i]) + 1))
		}
	}
	return nil
}

type last model.Last

func (s *last) run(b *Block) error {
	b.spareValues = resize(b.spareValues, 2*b.rows)
	top, at := b.spareValues[:b.rows], b.spareValues[b.rows:2*b.rows]
	for row := range top {
		top[row], at[row] = math.Inf(-1), 0
	}
	for k, c := range s.In {
		for row, x := range b.column(c) {
			if x >= top[row] {
				top[row], at[row] = x, float64(k)
			}
		}
	}
	for k, c := range s.Out {
		out := b.column(c)
		for row := range out {
			out[row] = float64(one(at[row] == float64(k)))
		}
	}
	return nil
}

// A greatest op finds the first greatest of columns.
type greatest model.Greatest

func (s *greatest) run(b *Block) error {
	top := resize(b.spareValues, b.rows)
	b.spareValues = top
	copy(top, b.column(s.In[0]))
	out := b.column(s.Out)
	clear(out)
	for k, c := range s.In[1:] {
		for row, x := range b.column(c) {
			if x > top[row] || x != x && top[row] == top[row] {
				top[row], out[row] = x, float64(k+1)
			}
		}
	}
	return nil
}

type share model.Share

func (s *share) run(b *Block) error {
	sums := resize(b.spareValues, b.rows)
	b.spareValues = sums
	clear(sums)
	for _, c := range s.In {
		for row, x := range b.column(c) {
			sums[row] += x
		}
	}
	for k, c := range s.In {
		out := b.column(s.Out[k])
		for row, x := range b.column(c) {
			switch {
			case sums[row] != 0 || !s.Even && !s.Keep:
				out[row] = x / sums[row]
			case s.Even:
				out[row] = 1 / float64(len(s.In))
			default:
				out[row] = x
			}
		}
	}
	return nil
}

type atLeast model.AtLeast

func (s *atLeast) run(b *Block) error {
	out := b.column(s.Out)
	for row, x := range b.column(s.In) {
		out[row] = float64(one(x >= s.Threshold))
	}
	return nil
}

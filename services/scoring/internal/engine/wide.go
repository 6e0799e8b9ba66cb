package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// wide compiles a step of several columns. It is not ok with one that it does
// not know.
func wide(s model.Wide) (o op, ok bool) {
	switch s := s.(type) {
	case model.Dense:
		return (*dense)(&s), true
	case model.Kernel:
		return newKernel(s), true
	case model.Distance:
		return (*distance)(&s), true
	case model.Normalize:
		return (*normalize)(&s), true
	case model.Products:
		return (*products)(&s), true
	case model.Exceed:
		return (*exceed)(&s), true
	case model.Bucket:
		return (*bucket)(&s), true
	case model.Power:
		return newPower(s), true
	case model.Interpolate:
		return (*interpolate)(&s), true
	case model.Quantile:
		return newQuantile(s), true
	case model.Positive:
		return (*positive)(&s), true
	case model.Vote:
		return (*vote)(&s), true
	case *model.Neighbors:
		return newNeighbors(s), true
	case model.Couple:
		return (*couple)(&s), true
	}
	if o, ok := graph(s); ok {
		return o, true
	}
	return committee(s)
}

// combine sets out to Σ weights·columns for every row, in the order of the columns.
func combine(b *Block, in []model.Column, weights, out []float64, single bool) {
	clear(out)
	const together = 4
	j := 0
	for ; j+together <= len(in); j += together {
		w, x0, x1, x2, x3 := [4]float64(weights[j:]), b.column(in[j]), b.column(in[j+1]), b.column(in[j+2]), b.column(in[j+3])
		if single {
			addFour[float32](out, w, x0, x1, x2, x3)
		} else {
			addFour[float64](out, w, x0, x1, x2, x3)
		}
	}
	for ; j < len(in); j++ {
		if single {
			addColumn[float32](out, weights[j], b.column(in[j]), false)
		} else {
			addColumn[float64](out, weights[j], b.column(in[j]), false)
		}
	}
}

type dense model.Dense

func (s *dense) run(b *Block) error {
	for k, c := range s.Out {
		out, bias := b.column(c), s.Bias[k]
		if s.Center == nil {
			combine(b, s.In, s.Weights[k], out, s.Sum == model.F32)
		} else {
			s.centred(b, s.Weights[k], out)
		}
		if s.Sum == model.F32 {
			for row, sum := range out {
				out[row] = float64(float32(sum) + float32(bias))
			}
			continue
		}
		for row := range out {
			out[row] += bias
		}
	}
	return nil
}

// centred is combine of columns less their centers.
func (s *dense) centred(b *Block, weights, out []float64) {
	clear(out)
	for j, in := range s.In {
		w, center := weights[j], s.Center[j]
		if s.Sum == model.F32 {
			for row, x := range b.column(in) {
				out[row] = float64(float32(out[row]) + float32(float32(w)*(float32(x)-float32(center)))) //nolint:unconvert // rounds the product
			}
			continue
		}
		for row, x := range b.column(in) {
			out[row] += float64(w * (x - center))
		}
	}
}

// squares sets out to Σ (x - p)² for every row, in the order of the columns.
func squares(b *Block, in []model.Column, point, out []float64, single bool) {
	clear(out)
	for j, c := range in {
		p := point[j]
		if single {
			for row, x := range b.column(c) {
				d := float32(x) - float32(p)
				out[row] = float64(float32(out[row]) + float32(d*d)) //nolint:unconvert // rounds the product
			}
			continue
		}
		for row, x := range b.column(c) {
			d := x - p
			out[row] += float64(d * d)
		}
	}
}

type distance model.Distance

func (s *distance) run(b *Block) error {
	for k, c := range s.Out {
		out := b.column(c)
		if s.Power == 2 && s.Scale == nil {
			squares(b, s.In, s.To[k], out, false)
			continue
		}
		clear(out)
		for j, in := range s.In {
			to, scale := s.To[k][j], 1.0
			if s.Scale != nil {
				scale = s.Scale[k][j]
			}
			for row, x := range b.column(in) {
				s.add(&out[row], x-to, scale)
			}
		}
	}
	return nil
}

func (s *distance) add(sum *float64, d, scale float64) {
	switch {
	case s.Power == 2:
		d *= d
	case s.Power == 1 || math.IsInf(s.Power, 1):
		d = math.Abs(d)
	default:
		d = math.Pow(math.Abs(d), s.Power)
	}
	d /= scale
	switch {
	case !math.IsInf(s.Power, 1):
		*sum += d
	case d > *sum || d != d:
		*sum = d
	}
}

type normalize model.Normalize

func (s *normalize) run(b *Block) error {
	norms := resize(b.spareValues, b.rows)
	b.spareValues = norms
	clear(norms)
	for _, c := range s.In {
		for row, x := range b.column(c) {
			norms[row] = addToNorm(norms[row], x, s.Norm)
		}
	}
	for row, n := range norms {
		norms[row] = endNorm(n, (*model.Normalize)(s))
	}
	for j, c := range s.In {
		out := b.column(s.Out[j])
		for row, x := range b.column(c) {
			out[row] = x / norms[row]
		}
	}
	return nil
}

// addToNorm adds a value to what becomes a norm.
func addToNorm(sum, x float64, norm model.Norm) float64 {
	switch norm {
	case model.NormL2:
		return sum + float64(x*x)
	case model.NormL1:
		return sum + math.Abs(x)
	}
	return max(sum, math.Abs(x))
}

// endNorm makes the norm by which a row is divided.
func endNorm(n float64, s *model.Normalize) float64 {
	if s.Norm == model.NormL2 {
		n = math.Sqrt(n)
	}
	if n < s.Least {
		return 1
	}
	return n
}

type products model.Products

func (s *products) run(b *Block) error {
	for k, c := range s.Out {
		out := b.column(c)
		for row := range out {
			out[row] = 1
		}
		for i, factor := range s.Factors[k] {
			x := b.column(s.In[factor])
			if i == 0 {
				copy(out, x)
				continue
			}
			for row := range out {
				out[row] *= x[row]
			}
		}
	}
	return nil
}

package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A kernel step compares rows with points, which support vectors are. In
// float64 its points lie one after another.
type kernel struct {
	model.Kernel
	flat []float64
}

func newKernel(s model.Kernel) *kernel {
	o := &kernel{Kernel: s}
	if s.Sum != model.F32 {
		o.flat, o.Points = slices.Concat(s.Points...), nil
	}
	return o
}

func (s *kernel) run(b *Block) error {
	if s.Sum == model.F32 {
		for k, c := range s.Out {
			out := b.column(c)
			if s.Func == model.KernelRBF {
				squares(b, s.In, s.Points[k], out, true)
			} else {
				combine(b, s.In, s.Points[k], out, true)
			}
			s.apply32(out)
		}
		return nil
	}
	n := len(s.In)
	b.spareValues = resize(b.spareValues, n*b.rows)
	for j, c := range s.In { // row by row
		for row, x := range b.column(c) {
			b.spareValues[row*n+j] = x
		}
	}
	four, one := dots, dot
	if s.Func == model.KernelRBF {
		four, one = squaredDistances, squaredDistance
	}
	points, k := s.flat, 0
	for ; k+4 <= len(s.Out); k += 4 {
		o0, o1, o2, o3 := b.column(s.Out[k]), b.column(s.Out[k+1]), b.column(s.Out[k+2]), b.column(s.Out[k+3])
		for row := range b.rows {
			o0[row], o1[row], o2[row], o3[row] = four(b.spareValues[row*n:][:n], points[:4*n])
		}
		points = points[4*n:]
	}
	for ; k < len(s.Out); k++ {
		out := b.column(s.Out[k])
		for row := range out {
			out[row] = one(b.spareValues[row*n:][:n], points[:n])
		}
		points = points[n:]
	}
	for _, c := range s.Out {
		s.apply(b.column(c))
	}
	return nil
}

func squaredDistance(row, point []float64) float64 {
	sum := 0.0
	for j, x := range row {
		d := x - point[j]
		sum += float64(d * d)
	}
	return sum
}

func (s *kernel) apply(out []float64) {
	switch s.Func {
	case model.KernelRBF:
		for row, x := range out {
			out[row] = math.Exp(-s.Gamma * x)
		}
	case model.KernelPolynomial:
		for row, x := range out {
			out[row] = math.Pow(float64(s.Gamma*x)+s.Coef0, s.Degree)
		}
	case model.KernelSigmoid:
		for row, x := range out {
			out[row] = math.Tanh(float64(s.Gamma*x) + s.Coef0)
		}
	}
}

func (s *kernel) apply32(out []float64) {
	gamma, coef0 := float32(s.Gamma), float32(s.Coef0)
	for row, x := range out {
		y := gamma * float32(x)
		switch s.Func {
		case model.KernelRBF:
			out[row] = float64(exp32(-y))
		case model.KernelPolynomial:
			out[row] = float64(float32(math.Pow(float64(y+coef0), s.Degree)))
		case model.KernelSigmoid:
			out[row] = float64(float32(math.Tanh(float64(y + coef0))))
		}
	}
}

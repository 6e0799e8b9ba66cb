package model

import (
	"errors"
	"fmt"
	"math"
)

// A Wide step reads any number of columns of numbers and defines any number of
// columns of numbers, each row on its own. Who follows columns through a program
// needs to know no more of it than this.
type Wide interface {
	Step
	Reads() []Column
	Defines() []Column
	// check holds the constants to one another.
	check() error
}

// Dense is Out[k] = Σ_j Weights[k][j]·(In[j] - Center[j]) + Bias[k]: the sum starts at
// 0, goes in the order of the columns, and the bias comes last. With F32, inputs are
// rounded first and each operation after. Libraries leave the order to their BLAS,
// so that what it yields equals theirs to a tolerance only.
type Dense struct {
	In, Out []Column
	Weights [][]float64 // [output][input]
	Bias    []float64   // [output]
	Center  []float64   // [input]; nil: 0
	Sum     Precision
}

// KernelFunc is how a [Kernel] compares a row x with a point p.
type KernelFunc uint8

// The kernels. dot is Σ x·p, square is Σ (x-p)², both in the order of the columns.
const (
	KernelLinear     KernelFunc = iota // dot
	KernelPolynomial                   // (Gamma·dot + Coef0)^Degree
	KernelRBF                          // exp(-Gamma·square)
	KernelSigmoid                      // tanh(Gamma·dot + Coef0)

	lastKernel = KernelSigmoid
)

// Kernel is Out[k] = Func(In, Points[k]), in float64; with F32, in float32.
type Kernel struct {
	In, Out              []Column
	Points               [][]float64 // [output][input]
	Func                 KernelFunc
	Gamma, Coef0, Degree float64
	Sum                  Precision
}

// Distance is Out[k] = Σ_j |In[j] - To[k][j]|^Power / Scale[k][j], in the order of
// the columns; with Power = +Inf the greatest of the terms. There is no root.
type Distance struct {
	In, Out []Column
	To      [][]float64 // [output][input]
	Scale   [][]float64 // of the same shape; nil: 1
	Power   float64
}

// Norm is how long a row is.
type Norm uint8

// The norms.
const (
	NormL2  Norm = iota // √Σx²
	NormL1              // Σ|x|
	NormMax             // the greatest |x|

	lastNorm = NormMax
)

// Normalize is Out[j] = In[j] / Norm(In); a row whose norm is less than Least stays
// as it is.
type Normalize struct {
	In, Out []Column
	Norm    Norm
	Least   float64 // more than 0
}

// Products is Out[k] = the product of the columns In[i], i in Factors[k], multiplied
// from left to right; 1 without any.
type Products struct {
	In, Out []Column
	Factors [][]int32
}

// Reads implements [Wide].
func (s Dense) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Kernel) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Distance) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Normalize) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Products) Reads() []Column { return s.In }

// Defines implements [Wide].
func (s Dense) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Kernel) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Distance) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Normalize) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Products) Defines() []Column { return s.Out }

func (Dense) step()     {}
func (Kernel) step()    {}
func (Distance) step()  {}
func (Normalize) step() {}
func (Products) step()  {}

// checkWide checks a wide step against the columns defined so far.
func checkWide(t *table, s Wide) error {
	if err := s.check(); err != nil {
		return err
	}
	if len(s.Reads()) == 0 {
		return errors.New("it reads no column")
	}
	for _, c := range s.Reads() {
		if err := t.read(c, Number); err != nil {
			return err
		}
	}
	for _, c := range s.Defines() {
		if err := t.define(c, Number); err != nil {
			return err
		}
	}
	return nil
}

func (s Dense) check() error {
	if s.Sum > F32 || len(s.Bias) != len(s.Out) {
		return fmt.Errorf("%d biases for %d outputs, precision %d", len(s.Bias), len(s.Out), s.Sum)
	}
	for k, b := range s.Bias {
		if err := representable(b, s.Sum); err != nil {
			return fmt.Errorf("bias %d: %w", k, err)
		}
	}
	if s.Center != nil {
		if err := checkMatrix("center", [][]float64{s.Center}, 1, len(s.In), s.Sum); err != nil {
			return err
		}
	}
	return checkMatrix("weight", s.Weights, len(s.Out), len(s.In), s.Sum)
}

func (s Kernel) check() error {
	if s.Func > lastKernel || s.Sum > F32 {
		return fmt.Errorf("unknown kernel %d or precision %d", s.Func, s.Sum)
	}
	if err := errors.Join(finite("gamma", s.Gamma), finite("coef0", s.Coef0), finite("degree", s.Degree)); err != nil {
		return err
	}
	return checkMatrix("point", s.Points, len(s.Out), len(s.In), s.Sum)
}

func (s Distance) check() error {
	if !(s.Power > 0) {
		return fmt.Errorf("the power is %v", s.Power)
	}
	if err := checkMatrix("point", s.To, len(s.Out), len(s.In), F64); err != nil || s.Scale == nil {
		return err
	}
	for _, row := range s.Scale {
		for _, x := range row {
			if x == 0 {
				return errors.New("a scale is 0")
			}
		}
	}
	return checkMatrix("scale", s.Scale, len(s.Out), len(s.In), F64)
}

func (s Normalize) check() error {
	if s.Norm > lastNorm || len(s.In) != len(s.Out) || !(s.Least > 0) {
		return fmt.Errorf("%d outputs for %d inputs, norm %d, least %v", len(s.Out), len(s.In), s.Norm, s.Least)
	}
	return nil
}

func (s Products) check() error {
	if len(s.Factors) != len(s.Out) {
		return fmt.Errorf("%d products for %d outputs", len(s.Factors), len(s.Out))
	}
	for _, factors := range s.Factors {
		for _, i := range factors {
			if i < 0 || int(i) >= len(s.In) {
				return fmt.Errorf("factor %d; there are %d inputs", i, len(s.In))
			}
		}
	}
	return nil
}

// checkMatrix holds a matrix to its shape and its numbers to a precision.
func checkMatrix(name string, m [][]float64, rows, columns int, p Precision) error {
	if len(m) != rows {
		return fmt.Errorf("%d rows of %ss for %d outputs", len(m), name, rows)
	}
	for k, row := range m {
		if len(row) != columns {
			return fmt.Errorf("%d %ss for %d inputs", len(row), name, columns)
		}
		for j, x := range row {
			if err := representable(x, p); err != nil {
				return fmt.Errorf("%s [%d][%d]: %w", name, k, j, err)
			}
		}
	}
	return nil
}

// ascending refuses numbers that are not finite, or fall.
func ascending(name string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) || i > 0 && v < x[i-1] {
			return fmt.Errorf("%s %d is %v; they must be finite and ascend", name, i, v)
		}
	}
	return nil
}

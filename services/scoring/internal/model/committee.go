package model

import (
	"errors"
	"fmt"
	"math"
)

// The steps by which many predictors become one.

// WeightedSum is Σ Weights[i]·In[i], each product rounded, summed from the first in
// order; then, with Divisor ≠ 0, divided by it. With F32 each operation is rounded.
type WeightedSum struct {
	In      []Column
	Out     Column
	Weights []float64 // nil: 1
	Divisor float64
	Sum     Precision
}

// WeightedMedian is the least of In at which the weights of those that are not greater
// reach half of all: values are sorted, NaN last and those that are equal in the order of
// In, and weights are summed in the order of their values.
type WeightedMedian struct {
	In      []Column
	Out     Column
	Weights []float64
}

// Tally sums, for every class k, Gain[i] where In[i], the number of a class, is k,
// else Loss[i], in order.
type Tally struct {
	In, Out    []Column
	Gain, Loss []float64
}

// Duel decides between pairs of classes, (0,1), (0,2), …, (1,2), …: Wins is 0 where
// the first of a pair wins, else the second. To the wins of a class s/(3·(|s|+1)) is
// added, where s is the sum of the Values of its pairs, less those in which it is the
// first.
type Duel struct {
	Wins, Values []Column
	Out          []Column // a class each
}

// Last is 1 in the column of the last of the greatest of In, and 0 in the others; a
// NaN is never greatest.
type Last struct{ In, Out []Column }

// Greatest is the place of the first greatest of In; a NaN is greater than any number.
type Greatest struct {
	In  []Column
	Out Column
}

// Share is In divided by its sum; a row whose sum is 0 is 1/len(In) with Even, else
// it stays 0 with Keep, else NaN.
type Share struct {
	In, Out    []Column
	Even, Keep bool
}

// AtLeast is 1 where In >= Threshold, else 0.
type AtLeast struct {
	In, Out   Column
	Threshold float64
}

func (WeightedSum) step()    {}
func (WeightedMedian) step() {}
func (Tally) step()          {}
func (Duel) step()           {}
func (Last) step()           {}
func (Greatest) step()       {}
func (Share) step()          {}
func (AtLeast) step()        {}

// Reads implements [Wide].
func (s WeightedSum) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s WeightedMedian) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Tally) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Duel) Reads() []Column { return append(s.Wins[:len(s.Wins):len(s.Wins)], s.Values...) }

// Reads implements [Wide].
func (s Last) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Greatest) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Share) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s AtLeast) Reads() []Column { return []Column{s.In} }

// Defines implements [Wide].
func (s WeightedSum) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s WeightedMedian) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Tally) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Duel) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Last) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Greatest) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Share) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s AtLeast) Defines() []Column { return []Column{s.Out} }

func (s WeightedSum) check() error {
	if s.Sum > F32 || s.Weights != nil && len(s.Weights) != len(s.In) {
		return fmt.Errorf("%d weights for %d inputs, precision %d", len(s.Weights), len(s.In), s.Sum)
	}
	return errors.Join(finite("divisor", s.Divisor), allFinite("weight", s.Weights))
}

func (s WeightedMedian) check() error {
	if len(s.Weights) != len(s.In) {
		return fmt.Errorf("%d weights for %d inputs", len(s.Weights), len(s.In))
	}
	return allFinite("weight", s.Weights)
}

func (s Tally) check() error {
	if len(s.Gain) != len(s.In) || len(s.Loss) != len(s.In) {
		return fmt.Errorf("%d gains and %d losses for %d inputs", len(s.Gain), len(s.Loss), len(s.In))
	}
	return errors.Join(allFinite("gain", s.Gain), allFinite("loss", s.Loss))
}

func (s Duel) check() error {
	if len(s.Values) != len(s.Wins) {
		return fmt.Errorf("%d values for %d pairs", len(s.Values), len(s.Wins))
	}
	return checkPairs(len(s.Wins), len(s.Out))
}

func (s Last) check() error { return samePlaces(s.In, s.Out) }

func (s Greatest) check() error {
	if len(s.In) == 0 {
		return errors.New("the greatest of nothing")
	}
	return nil
}

func (s Share) check() error { return samePlaces(s.In, s.Out) }

func (s AtLeast) check() error {
	if math.IsNaN(s.Threshold) {
		return errors.New("the threshold is NaN")
	}
	return nil
}

func samePlaces(in, out []Column) error {
	if len(in) != len(out) {
		return fmt.Errorf("%d outputs for %d inputs", len(out), len(in))
	}
	return nil
}

func allFinite(name string, x []float64) error {
	for _, v := range x {
		if err := finite(name, v); err != nil {
			return err
		}
	}
	return nil
}

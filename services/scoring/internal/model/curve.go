package model

import (
	"errors"
	"fmt"
	"math"
)

// Positive refuses what is 0 or less; NaN is none of that.
type Positive struct {
	In Column
	By string // who refuses
}

// Exceed is 1 where In > Threshold, else 0.
type Exceed struct {
	In, Out   Column
	Threshold float64
}

// Bucket is the number of Edges that are ≤ In.
type Bucket struct {
	In, Out Column
	Edges   []float64 // ascending
}

// PowerFunc is which power transform a [Power] is.
type PowerFunc uint8

// The power transforms, with λ for Lambda.
const (
	YeoJohnson PowerFunc = iota // see [Power]
	BoxCox                      // (x^λ - 1)/λ, log(x) where λ is 0
	Raise                       // x^λ

	lastPower = Raise
)

// Power raises In to a power. Yeo-Johnson is ((x+1)^λ - 1)/λ for x ≥ 0, log1p(x)
// where |λ| is less than the spacing of 1; -((1-x)^(2-λ) - 1)/(2-λ) for x < 0,
// -log1p(-x) where |λ-2| is not greater than that. NaN stays NaN.
type Power struct {
	In, Out Column
	Func    PowerFunc
	Lambda  float64
}

// Interpolate follows the straight lines between points, as numpy's interp does:
// left of X[0] it is Y[0], right of the last X the last Y; where it meets a point
// that point's Y, of several with one X the last one's; between two points the
// slope, rounded, times the distance from the left one, plus that one's Y. NaN
// stays NaN.
type Interpolate struct {
	In, Out Column
	X, Y    []float64 // X ascends; at least one point
}

// Quantile is the share of a distribution that lies below In, by its quantiles
// X and the shares Y that belong to them: 0.5·(f(In) - g(-In)), where f
// interpolates the points and g the points with their order and signs reversed.
// What is X[0] is 0, what is the last X 1, and that is looked at first. With
// Slack it is what is less than X[0] with Slack subtracted, or greater than the
// last X with Slack added.
type Quantile struct {
	In, Out Column
	X, Y    []float64
	Slack   float64
}

// Spacing is the distance from 1 to the next float64.
const Spacing = 0x1p-52

// Reads implements [Wide].
func (s Exceed) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Bucket) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Power) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Interpolate) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Quantile) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Positive) Reads() []Column { return []Column{s.In} }

// Defines implements [Wide].
func (s Exceed) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Bucket) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Power) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Interpolate) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Quantile) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (Positive) Defines() []Column { return nil }

func (Exceed) step()      {}
func (Bucket) step()      {}
func (Power) step()       {}
func (Interpolate) step() {}
func (Quantile) step()    {}
func (Positive) step()    {}

func (s Exceed) check() error {
	if math.IsNaN(s.Threshold) {
		return errors.New("the threshold is NaN")
	}
	return nil
}

func (s Bucket) check() error { return ascending("edge", s.Edges) }

func (s Power) check() error {
	if s.Func > lastPower {
		return fmt.Errorf("unknown power transform %d", s.Func)
	}
	return finite("lambda", s.Lambda)
}

func (Positive) check() error { return nil }

func (s Interpolate) check() error { return checkPoints(s.X, s.Y) }

func (s Quantile) check() error {
	if !(s.Slack >= 0) {
		return fmt.Errorf("the slack is %v", s.Slack)
	}
	return checkPoints(s.X, s.Y)
}

func checkPoints(x, y []float64) error {
	if len(x) == 0 || len(x) != len(y) {
		return fmt.Errorf("%d and %d coordinates of points", len(x), len(y))
	}
	for _, y := range y {
		if err := finite("y", y); err != nil {
			return err
		}
	}
	return ascending("x", x)
}

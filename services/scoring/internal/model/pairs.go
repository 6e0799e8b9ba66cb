package model

import "fmt"

// Pairs of classes are (0,1), (0,2), …, (1,2), …: a value for each says by its sign
// which of the two a row is of, the first where it is positive.

// Vote counts, for every class, the pairs that it wins.
type Vote struct {
	In, Out []Column // a pair each, a class each
	// Confident: a value of 0 is won by the first of its pair, not the second, and
	// to the votes of a class s/(3·(|s|+1)) is added, where s is the sum of the
	// values of its pairs, with their sign changed where it is the second.
	Confident bool
}

// Couple makes probabilities of classes from those of pairs, 1/(1+exp(A·In+B)), held
// to [1e-7, 1-1e-7] with NaN as the least, as libsvm does: by at most 100 rounds of Wu, Lin and Weng's
// second method, until no derivative is further off than 0.005 by the number of classes.
type Couple struct {
	In, Out []Column // a pair each, a class each
	A, B    []float64
}

// Reads implements [Wide].
func (s Vote) Reads() []Column { return s.In }

// Reads implements [Wide].
func (s Couple) Reads() []Column { return s.In }

// Defines implements [Wide].
func (s Vote) Defines() []Column { return s.Out }

// Defines implements [Wide].
func (s Couple) Defines() []Column { return s.Out }

func (Vote) step()   {}
func (Couple) step() {}

func (s Vote) check() error { return checkPairs(len(s.In), len(s.Out)) }

func (s Couple) check() error {
	if err := checkPairs(len(s.In), len(s.Out)); err != nil {
		return err
	}
	if len(s.A) != len(s.In) || len(s.B) != len(s.In) {
		return fmt.Errorf("%d and %d coefficients for %d pairs", len(s.A), len(s.B), len(s.In))
	}
	for i := range s.A {
		if err := finite("a", s.A[i]); err != nil {
			return err
		}
		if err := finite("b", s.B[i]); err != nil {
			return err
		}
	}
	return nil
}

// MaxPaired is how many classes may be told apart in pairs.
const MaxPaired = 1024

func checkPairs(pairs, classes int) error {
	if classes < 2 || classes > MaxPaired || pairs != classes*(classes-1)/2 {
		return fmt.Errorf("%d pairs of %d classes", pairs, classes)
	}
	return nil
}

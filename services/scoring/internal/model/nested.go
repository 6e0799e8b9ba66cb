package model

import (
	"errors"
	"fmt"
)

// Result is one of the things that a predictor yields.
type Result uint8

// The results.
const (
	ResultValues        Result = iota // of a regression
	ResultProbabilities               // one a class
	ResultScores                      // the raw scores
	ResultClass                       // the number of the class that is predicted

	lastResult = ResultClass
)

// Nested is a predictor within a predictor: what it yields becomes columns.
type Nested struct {
	Estimator Estimator
	Output    Output
	Want      Result
	Out       []Column
}

func (Nested) step() {}

// Reads implements [Wide].
func (s Nested) Reads() []Column {
	switch e := s.Estimator.(type) {
	case *Linear:
		return e.In
	case *Ensemble:
		return e.In
	case *Given:
		return e.Reads()
	}
	return nil
}

// Defines implements [Wide].
func (s Nested) Defines() []Column { return s.Out }

// Width is how many values a result has for a row.
func (s Nested) Width() int {
	switch {
	case s.Want == ResultClass, s.Want == ResultValues && s.Output.Link == LinkArgmax:
		return 1
	case s.Want == ResultProbabilities:
		return len(s.Output.Classes)
	}
	return s.Estimator.Width()
}

func (s Nested) check() error {
	classes := s.Want == ResultProbabilities || s.Want == ResultClass
	switch {
	case len(s.Output.Targets) > 0 || s.Output.Task == Transformation:
		return errors.New("several labels a row, or none, within a predictor")
	case s.Want > lastResult:
		return fmt.Errorf("unknown result %d", s.Want)
	case classes && s.Output.Task != Classification, s.Want == ResultValues && s.Output.Task != Regression:
		return fmt.Errorf("result %d of task %d", s.Want, s.Output.Task)
	case s.Want == ResultProbabilities && !s.Output.Probable:
		return errors.New("probabilities of a classifier without any")
	}
	return nil
}

// checkNested checks a predictor within a predictor.
func checkNested(t *table, s *Nested) error {
	if err := checkEstimator(t, s.Estimator); err != nil {
		return err
	}
	if err := s.Output.check(s.Estimator); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	if err := s.check(); err != nil {
		return err
	}
	if len(s.Out) != s.Width() {
		return fmt.Errorf("%d columns for %d values", len(s.Out), s.Width())
	}
	for _, c := range s.Out {
		if err := t.define(c, Number); err != nil {
			return err
		}
	}
	return nil
}

func checkEstimator(t *table, e Estimator) error {
	switch e := e.(type) {
	case *Linear:
		return checkLinear(t, e)
	case *Ensemble:
		return checkEnsemble(t, e)
	case *Given:
		return checkIn(t, e.Reads()) // how many is the output's business
	}
	return fmt.Errorf("unknown estimator %T", e)
}

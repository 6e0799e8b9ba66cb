package model

import (
	"errors"
	"fmt"
	"math"
)

// check holds the output to the number of raw scores.
func (o *Output) check(scores int) error {
	if o.Link > lastLink || o.Precision > F32 || o.Decision > lastDecision {
		return fmt.Errorf("unknown link %d, precision %d or decision %d", o.Link, o.Precision, o.Decision)
	}
	switch o.Link {
	case LinkLogistic, LinkOneVsRest, LinkLogisticEach:
		if err := finite("scale", o.Scale); err != nil {
			return err
		}
		if o.Scale == 0 {
			return errors.New("the scale of the link is 0")
		}
	}
	switch o.Task {
	case Regression:
		return o.checkRegression(scores)
	case Classification:
		return o.checkClassification(scores)
	}
	return fmt.Errorf("unknown task %d", o.Task)
}

func (o *Output) checkRegression(scores int) error {
	if len(o.Classes) > 0 || o.Probable {
		return errors.New("classes or probabilities of a regression")
	}
	for i, v := range o.Inverse {
		if v.Func > lastFunc {
			return fmt.Errorf("inverse %d: unknown function %d", i, v.Func)
		}
		if v.Of < 0 || int(v.Of) > scores {
			return fmt.Errorf("inverse %d is for output %d; there are %d", i, v.Of, scores)
		}
		if v.Func == Identity {
			if err := errors.Join(finite("scale", v.Scale), finite("offset", v.Offset)); err != nil {
				return fmt.Errorf("inverse %d: %w", i, err)
			}
			if v.Divide && v.Scale == 0 {
				return fmt.Errorf("inverse %d divides by 0", i)
			}
		}
	}
	return nil
}

func (o *Output) checkClassification(scores int) error {
	classes := len(o.Classes)
	if classes == 0 || classes > MaxScores {
		return fmt.Errorf("%d classes", classes)
	}
	if len(o.Inverse) > 0 {
		return errors.New("a transformed target of a classification")
	}
	if err := checkLabels(o.Classes); err != nil {
		return err
	}
	one := scores == 1 && classes == 2
	if !one && scores != classes {
		return fmt.Errorf("%d scores for %d classes", scores, classes)
	}
	switch o.Link {
	case LinkIdentity, LinkAverage, LinkLogisticEach, LinkLogisticMirrorF32, LinkProbitF32: // of any width
	case LinkLogistic, LinkLogisticF32, LinkStep, LinkMirror:
		if !one {
			return fmt.Errorf("link %d is for one score and two classes, not %d and %d", o.Link, scores, classes)
		}
	case LinkSoftmax, LinkSoftmaxF32, LinkOneVsRest, LinkSoftmaxSumF32, LinkSoftmaxZeroF32:
		if one {
			return fmt.Errorf("link %d needs a score a class", o.Link)
		}
	default:
		return fmt.Errorf("link %d does not yield probabilities", o.Link)
	}
	switch o.Decision {
	case DecideScorePositive, DecideScoreNotNegative, DecideAboveHalf:
		if err := finite("border", o.Border); err != nil {
			return err
		}
		if !one {
			return fmt.Errorf("decision %d is for one score and two classes, not %d and %d", o.Decision, scores, classes)
		}
	case DecideArgmaxScore:
		if one {
			return fmt.Errorf("decision %d needs a score a class", o.Decision)
		}
	case DecideScoreAbove:
		if classes != 2 || o.Score < 0 || int(o.Score) >= scores || math.IsNaN(o.Border) {
			return fmt.Errorf("score %d of %d above %v decides between %d classes", o.Score, scores, o.Border, classes)
		}
	}
	return nil
}

// checkLabels refuses labels of unknown kind, NaN and equal labels.
func checkLabels(labels []Label) error {
	seen := make(map[Label]bool, len(labels))
	for i, l := range labels {
		if l.Kind > BoolLabel || math.IsNaN(l.Float) {
			return fmt.Errorf("class %d: kind %d, value %v", i, l.Kind, l.Float)
		}
		if seen[l] {
			return fmt.Errorf("class %d is there twice", i)
		}
		seen[l] = true
	}
	return nil
}

package model

import (
	"errors"
	"fmt"
	"math"
)

// check holds the output to the estimator.
func (o *Output) check(e Estimator) error {
	scores := e.Width()
	given, _ := e.(*Given)
	if o.Link > lastLink || o.Precision > F32 || o.Decision > lastDecision {
		return fmt.Errorf("unknown link %d, precision %d or decision %d", o.Link, o.Precision, o.Decision)
	}
	switch o.Link {
	case LinkLogistic, LinkOneVsRest, LinkOneVsRestEven, LinkLogisticEach:
		if err := finite("scale", o.Scale); err != nil {
			return err
		}
		if o.Scale == 0 {
			return errors.New("the scale of the link is 0")
		}
	}
	if len(o.Targets) == 0 && o.Task != Transformation {
		if err := checkWidth(scores); err != nil {
			return err
		}
	}
	switch o.Task {
	case Transformation:
		return o.checkTransformation()
	case Regression:
		return o.checkRegression(scores)
	case Classification:
		if len(o.Targets) > 0 || o.Indicator {
			return o.checkTargets(given)
		}
		if given != nil {
			return o.checkGiven(given)
		}
		return o.checkClassification(scores)
	}
	return fmt.Errorf("unknown task %d", o.Task)
}

func (o *Output) checkRegression(scores int) error {
	if o.Link == LinkGiven || o.Link == LinkHuber || o.Link == LinkLogSumExp || o.Link == LinkOneVsRestEven {
		return fmt.Errorf("link %d is of classifiers", o.Link)
	}
	if len(o.Classes) > 0 || o.Probable {
		return errors.New("classes or probabilities of a regression")
	}
	for i := range o.Inverse {
		if err := o.Inverse[i].check(scores); err != nil {
			return fmt.Errorf("inverse %d: %w", i, err)
		}
	}
	return nil
}

func (o *Output) checkClassification(scores int) error {
	if err := o.checkClasses(); err != nil {
		return err
	}
	classes := len(o.Classes)
	one := scores == 1 && classes == 2
	if !one && scores != classes {
		return fmt.Errorf("%d scores for %d classes", scores, classes)
	}
	switch o.Link {
	case LinkIdentity, LinkAverage, LinkLogisticEach, LinkLogisticMirrorF32, LinkProbitF32, LinkHuber: // of any width
	case LinkLogistic, LinkLogisticF32, LinkStep, LinkMirror:
		if !one {
			return fmt.Errorf("link %d is for one score and two classes, not %d and %d", o.Link, scores, classes)
		}
	case LinkSoftmax, LinkSoftmaxF32, LinkOneVsRest, LinkSoftmaxSumF32, LinkSoftmaxZeroF32,
		LinkOneVsRestEven, LinkLogSumExp:
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
	case DecideVotes:
		return errors.New("there are no votes to decide by")
	}
	return nil
}

// checkTransformation refuses what nothing could read.
func (o *Output) checkTransformation() error {
	if len(o.Classes)+len(o.Targets)+len(o.Inverse) > 0 || o.Probable || o.Decisive || o.Indicator {
		return errors.New("a transformation that predicts")
	}
	return nil
}

// checkTargets checks a classifier of several labels a row.
func (o *Output) checkTargets(g *Given) error {
	switch {
	case g == nil:
		return errors.New("several labels a row that no columns hold")
	case len(o.Classes)+len(o.Inverse) > 0:
		return errors.New("several labels a row, and one")
	case len(o.Targets) == 0 || len(g.Chosen) != len(o.Targets):
		return fmt.Errorf("%d columns for %d labels a row", len(g.Chosen), len(o.Targets))
	case o.Decisive && len(g.Scores) == 0:
		return errors.New("decision_function without scores")
	case len(g.Scores) > MaxScores || len(o.Targets) > MaxScores || o.Probabilities() > MaxScores:
		return fmt.Errorf("%d scores, %d labels a row, %d probabilities; at most %d", len(g.Scores), len(o.Targets), o.Probabilities(), MaxScores)
	case len(g.Probabilities) != o.Probabilities():
		return fmt.Errorf("%d probabilities where %d are expected", len(g.Probabilities), o.Probabilities())
	}
	for i, classes := range o.Targets {
		if n := len(classes); n == 0 || o.Indicator && n != 2 {
			return fmt.Errorf("label %d has %d classes", i, n)
		}
		if err := checkLabels(classes); err != nil {
			return fmt.Errorf("label %d: %w", i, err)
		}
	}
	return nil
}

// checkClasses checks what all classifiers have.
func (o *Output) checkClasses() error {
	if n := len(o.Classes); n == 0 || n > MaxScores {
		return fmt.Errorf("%d classes", n)
	}
	if len(o.Inverse) > 0 {
		return errors.New("a transformed target of a classification")
	}
	return checkLabels(o.Classes)
}

// checkGiven checks a classifier whose probabilities or votes are columns. Without
// either it is one like others.
func (o *Output) checkGiven(g *Given) error {
	if o.Link != LinkGiven && o.Decision != DecideVotes {
		return o.checkClassification(len(g.Scores))
	}
	if err := o.checkClasses(); err != nil {
		return err
	}
	classes := len(o.Classes)
	switch {
	case math.IsNaN(o.Border) || math.IsInf(o.Border, 0):
		return fmt.Errorf("border is %v", o.Border)
	case o.Link == LinkGiven && len(g.Probabilities) != classes:
		return fmt.Errorf("%d probabilities for %d classes", len(g.Probabilities), classes)
	case o.Link == LinkIdentity && o.Probable:
		return errors.New("probabilities of a classifier that votes")
	case o.Link != LinkGiven && o.Link != LinkIdentity:
		plain := *o // the link is one of scores
		plain.Decision = DecideArgmax
		if err := plain.checkClassification(len(g.Scores)); err != nil {
			return err
		}
	}
	switch o.Decision {
	case DecideVotes:
		if len(g.Votes) != classes {
			return fmt.Errorf("%d votes for %d classes", len(g.Votes), classes)
		}
	case DecideScorePositive, DecideScoreNotNegative:
		if len(g.Scores) != 1 || classes != 2 {
			return fmt.Errorf("decision %d is for one score and two classes, not %d and %d", o.Decision, len(g.Scores), classes)
		}
	case DecideArgmaxScore:
		if len(g.Scores) != classes {
			return fmt.Errorf("decision %d needs a score a class", o.Decision)
		}
	case DecideAboveHalf:
		if classes != 2 {
			return fmt.Errorf("decision %d is for two classes", o.Decision)
		}
	case DecideScoreAbove:
		return errors.New("a score of given results that decides alone")
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

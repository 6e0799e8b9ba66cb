package catboost

import (
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A task is what a loss makes of raw scores.
type task uint8

const (
	raw         task = iota // the scores
	sigmoid                 // two classes by one score: sigmoid
	softmax                 // a score a class
	oneVsAll                // a score a class: a sigmoid each
	labels                  // a score a label, which holds where it is positive
	exponent                // exp of the score
	uncertainty             // a mean, and the logarithm of a deviation
)

// tasks are the losses that are more than their scores (python-package/
// catboost/core.py, _get_default_prediction_type; catboost/libs/model/
// eval_processing.h).
var tasks = map[string]task{
	"Logloss": sigmoid, "CrossEntropy": sigmoid, "Focal": sigmoid,
	"MultiClass": softmax, "MultiClassOneVsAll": oneVsAll,
	"MultiLogloss": labels, "MultiCrossEntropy": labels,
	"Poisson": exponent, "Tweedie": exponent, "RMSEWithUncertainty": uncertainty,
}

// output makes what predict and predict_proba return of the scores.
func (d *document) output(m *model.Model, k Kind) error {
	loss := d.info.loss()
	t := tasks[loss]
	classifies := t == sigmoid || t == softmax || t == oneVsAll || t == labels
	switch {
	case k == Classifier && !classifies:
		return unsupported("a classifier with the loss "+clip(loss), "Logloss, CrossEntropy, Focal, MultiClass, MultiClassOneVsAll, MultiLogloss, MultiCrossEntropy")
	case k == Raw, k == Regressor && classifies:
		t, classifies = raw, false
	}
	m.Output = model.Output{Scale: 1, Decisive: t != raw}
	if classifies && t != labels {
		return d.classification(m, t)
	}
	if d.info.threshold() != "" && t == labels {
		return unsupported("a probability threshold of several labels", "labels that hold where they are more likely than not")
	}
	switch t {
	case labels:
		m.Output.Link = model.LinkStep
	case exponent:
		m.Output.Link = model.LinkExp
	case uncertainty:
		if d.dimension != 2 {
			return d.fail("%d scores with the loss %s", d.dimension, loss)
		}
		m.Output.Inverse = []model.Inverse{{Scale: 2, Of: 2}, {Func: model.Exp, Of: 2}} // the variance
	}
	return nil
}

func (d *document) classification(m *model.Model, t task) error {
	o := &m.Output
	o.Task, o.Probable = model.Classification, true
	var err error
	if o.Classes, err = d.info.classes(); err != nil {
		return err
	}
	if len(o.Classes) == 0 { // as where the target was a probability
		for i := range max(2, d.dimension) {
			o.Classes = append(o.Classes, model.Label{Integer: int64(i)})
		}
	}
	switch t {
	case sigmoid:
		o.Link, o.Decision = model.LinkLogistic, model.DecideScorePositive
		if text := d.info.threshold(); text != "" {
			p, err := strconv.ParseFloat(text, 64)
			if err != nil || !(p > 0 && p < 1) {
				return d.fail("binclass_probability_threshold is %s, not between 0 and 1", clip(text))
			}
			o.Border = -math.Log(1/p - 1)
		}
	case oneVsAll:
		o.Link, o.Decision = model.LinkLogisticEach, model.DecideArgmaxScore
	default:
		o.Link, o.Decision = model.LinkSoftmax, model.DecideArgmaxScore
	}
	return nil
}

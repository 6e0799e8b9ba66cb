package xgboost

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// wrapped tells whether a wrapper's predict counts, and gives w the classes of
// a file that XGBClassifier.save_model wrote. Such a file has an attribute
// scikit_learn: until 1.7 all of the wrapper's parameters, later its type only
// (python-package/xgboost/sklearn.py, save_model).
func (d *document) wrapped(s reporter, w *Wrapper) (bool, error) {
	if w.Embedded || w.Native || d.wrapper == "" {
		return w.Embedded, nil
	}
	// Python writes NaN where the missing value is NaN, which JSON has not.
	// Only this one word can follow the colon unquoted.
	text := bytes.ReplaceAll([]byte(d.wrapper), []byte(`"missing": NaN`), []byte(`"missing": null`))
	var meta struct {
		Type    string   `json:"_estimator_type"`
		Missing *float64 `json:"missing"`
		Forest  *int     `json:"num_parallel_tree"`
		Encoder *struct {
			Classes []any `json:"classes_"`
		} `json:"_le"`
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return false, s.fail("the attribute scikit_learn is not JSON: %v", err)
	}
	if meta.Missing != nil {
		return false, unsupported(fmt.Sprintf("the missing value %v", *meta.Missing), "NaN as the missing value")
	}
	if meta.Forest != nil && *meta.Forest > 1 && d.booster.parallel == 0 {
		// XGBoost itself loads such a file as if each tree were a round.
		return false, unsupported("a wrapper's file with num_parallel_tree from before 1.6", "files of 1.6 and later")
	}
	if meta.Type != "classifier" {
		return true, nil
	}
	if meta.Encoder != nil { // use_label_encoder, until 1.5
		classes, err := labels(s, meta.Encoder.Classes)
		w.Classes = classes
		return true, err
	}
	for i := range max(2, d.classes) {
		w.Classes = append(w.Classes, model.Label{Kind: model.IntegerLabel, Integer: int64(i)})
	}
	return true, nil
}

func labels(s reporter, values []any) ([]model.Label, error) {
	var all []model.Label
	for _, v := range values {
		switch v := v.(type) {
		case string:
			all = append(all, model.Label{Kind: model.StringLabel, String: v})
		case bool:
			all = append(all, model.Label{Kind: model.BoolLabel, Bool: v})
		case float64:
			if v != float64(int64(v)) {
				all = append(all, model.Label{Kind: model.FloatLabel, Float: v})
			} else {
				all = append(all, model.Label{Kind: model.IntegerLabel, Integer: int64(v)})
			}
		default:
			return nil, s.fail("class %v of the label encoder", v)
		}
	}
	return all, nil
}

// output makes what predict returns: of a Booster and of XGBRegressor the
// transformed score, of XGBClassifier a class.
func (d *document) output(o objective, w Wrapper) (model.Output, error) {
	out := model.Output{
		Task: model.Regression, Link: o.link, Scale: 1, Precision: model.F32,
		// A file of its own offers its raw margin; an embedded regressor has
		// only predict.
		Decisive: !w.Embedded || w.Classes != nil,
	}
	if out.Link == model.LinkRising && d.scores() == 1 {
		out.Link = model.LinkIdentity
	}
	if w.Classes == nil {
		return out, nil
	}
	binary := d.scores() == 1
	switch {
	case !o.classifier:
		return out, unsupported("a classifier with the objective "+d.objective, "binary:* and multi:* objectives in classifiers")
	case d.targets > 1:
		return out, unsupported("a multi-label classifier", "classifiers of one label")
	case binary && len(w.Classes) != 2, !binary && len(w.Classes) != d.scores():
		return out, unsupported(fmt.Sprintf("a classifier of %d classes whose booster has %d scores", len(w.Classes), d.scores()),
			"one score for two classes, or a score a class")
	case d.objective == "multi:softprob" && len(w.Classes) == 2:
		// XGBClassifier.predict then returns a matrix of flags, not labels.
		return out, unsupported("multi:softprob with two classes in a classifier", "binary:logistic for two classes")
	}
	out.Task = model.Classification
	out.Classes = w.Classes
	out.Decision = o.decision
	out.Probable = o.probable
	if o.link == model.LinkArgmax {
		// Before 1.7 predict_proba refuses this objective.
		out.Probable = d.since(1, 7)
		out.Link = model.LinkSoftmaxF32 // predict_proba of a wrapper with multi:softmax
	}
	return out, nil
}

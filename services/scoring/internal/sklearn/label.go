package sklearn

import (
	"math/big"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// classes reads classes_ of a classifier.
func (o *object) classes() []model.Label {
	v := o.value("classes_")
	if o.err != nil {
		return nil
	}
	if _, ok := v.(*pickle.List); ok {
		o.err = o.refuse("several labels a row", "one label a row here")
		return nil
	}
	return o.labels(v)
}

// labels reads the array of the labels of classes.
func (o *object) labels(v pickle.Value) []model.Label {
	a, ok := v.(*pickle.Array)
	if !ok || len(a.Shape) != 1 {
		o.fail("attribute classes_ is not an array of one dimension")
		return nil
	}
	values, err := o.r.values(a)
	if err != nil {
		o.fail("attribute classes_: %v", err)
		return nil
	}
	if len(values) == 0 || len(values) > model.MaxScores {
		o.fail("%d classes", len(values))
		return nil
	}
	out := make([]model.Label, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			out[i] = model.Label{Kind: model.IntegerLabel, Integer: v}
		case float64:
			out[i] = model.Label{Kind: model.FloatLabel, Float: v}
		case string:
			out[i] = model.Label{Kind: model.StringLabel, String: v}
		case bool:
			out[i] = model.Label{Kind: model.BoolLabel, Bool: v}
		case *big.Int:
			o.fail("class %v does not fit 64 bits", v)
		default:
			o.fail("attribute classes_ holds a %s", typeName(v))
		}
	}
	return out
}

// classifier tells a classifier from a regressor by its class name.
func (o *object) classifier() bool {
	n := len(o.name) - len("Classifier")
	return n > 0 && o.name[n:] == "Classifier"
}

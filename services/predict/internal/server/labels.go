package server

import (
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// pick returns the values of labels, which are all of type T.
func pick[T any](classes []scoring.Label, indices []int32) []T {
	values := make([]T, len(indices))
	for i, c := range indices {
		values[i], _ = classes[c].Any().(T)
	}
	return values
}

// labels are the classes with these indices.
func labels(classes []scoring.Label, indices []int32) *predictv1.Labels {
	switch kind(classes) {
	case scoring.IntegerLabel:
		return &predictv1.Labels{Values: &predictv1.Labels_Integers{
			Integers: &predictv1.Integers{Values: pick[int64](classes, indices)}}}
	case scoring.FloatLabel:
		return &predictv1.Labels{Values: &predictv1.Labels_Numbers{
			Numbers: &predictv1.Numbers{Values: pick[float64](classes, indices)}}}
	case scoring.BoolLabel:
		return &predictv1.Labels{Values: &predictv1.Labels_Booleans{
			Booleans: &predictv1.Booleans{Values: pick[bool](classes, indices)}}}
	}
	return &predictv1.Labels{Values: &predictv1.Labels_Strings{
		Strings: &predictv1.Strings{Values: pick[string](classes, indices)}}}
}

// classLabels are all the classes, in order.
func classLabels(classes []scoring.Label) *predictv1.Labels {
	all := make([]int32, len(classes))
	for i := range all {
		all[i] = int32(i)
	}
	return labels(classes, all)
}

// kind is the type of the labels, of which a model has one.
func kind(classes []scoring.Label) scoring.LabelKind {
	if len(classes) == 0 {
		return scoring.StringLabel
	}
	return classes[0].Kind
}

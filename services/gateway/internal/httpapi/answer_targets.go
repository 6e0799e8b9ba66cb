package httpapi

import (
	"fmt"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// checkTargets holds the answer of a classifier of several labels a row to the rows.
func checkTargets(r *predictv1.PredictResponse, rows int) error {
	columns := 0
	for i, t := range r.GetTargets() {
		if n := labelCount(t.GetLabels()); n != rows {
			return fmt.Errorf("predict answered %d of the labels %d to %d rows", n, i, rows)
		}
		columns += int(t.GetProbabilities())
	}
	if n := len(r.GetProbabilities()); n != rows*columns {
		return fmt.Errorf("predict answered %d probabilities in %d columns to %d rows", n, columns, rows)
	}
	return nil
}

// appendRowLabels appends the labels of a row: [1,"red"].
func appendRowLabels(dst []byte, targets []*predictv1.Target, row int) []byte {
	dst = append(dst, '[')
	for i, t := range targets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendLabel(dst, t.GetLabels(), row)
	}
	return append(dst, ']')
}

// appendTargets appends the probabilities, if they were asked for, and the classes of each
// label: of a row [[0.1,0.9],[0.2,0.3,0.5]], or where each label has but one, [0.9,0.2].
func appendTargets(dst []byte, r *predictv1.PredictResponse, single bool) []byte {
	if len(r.GetProbabilities()) == 0 {
		return dst
	}
	dst = append(dst, `,"probabilities":`...)
	if single {
		dst = appendRowProbabilities(dst, r, 0)
	} else {
		dst = append(dst, '[')
		for row := range int(r.GetRows()) {
			if row > 0 {
				dst = append(dst, ',')
			}
			dst = appendRowProbabilities(dst, r, row)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"classes":[`...)
	for i, t := range r.GetTargets() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		for class := range labelCount(t.GetClasses()) {
			if class > 0 {
				dst = append(dst, ',')
			}
			dst = appendLabel(dst, t.GetClasses(), class)
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

func appendRowProbabilities(dst []byte, r *predictv1.PredictResponse, row int) []byte {
	values := r.GetProbabilities()
	columns := len(values) / int(r.GetRows())
	values = values[row*columns : (row+1)*columns]
	if columns == len(r.GetTargets()) && int(r.GetTargets()[0].GetProbabilities()) < labelCount(r.GetTargets()[0].GetClasses()) {
		return appendFloats(dst, values)
	}
	dst = append(dst, '[')
	for i, t := range r.GetTargets() {
		if i > 0 {
			dst = append(dst, ',')
		}
		n := int(t.GetProbabilities())
		dst = appendFloats(dst, values[:n])
		values = values[n:]
	}
	return append(dst, ']')
}

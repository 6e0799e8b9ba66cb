package onnx

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// An estimate is what a tree ensemble or a linear operator computes of a row:
// raw scores, from which a link makes the scores it yields and a rule the label.
type estimate struct {
	node      *node
	estimator model.Estimator
	link      model.Link
	precision model.Precision // of the scores it yields
	decision  model.Decision
	score     int32   // with model.DecideScoreAbove
	threshold float64 // likewise
	labels    *tensor // of a classifier
	outputs   int     // scores it yields
}

// classifier reports whether it has labels.
func (e *estimate) classifier() bool { return e.labels != nil }

// elem is the type of the scores.
func (e *estimate) elem() elem {
	if e.precision == model.F32 {
		return float32Elem
	}
	return float64Elem
}

// tensors are its results: the labels, if it has them, and the scores.
func (e *estimate) tensors() []*tensor {
	scores := &tensor{elem: e.elem(), dims: []int{rowsDim, e.outputs}, of: e}
	if !e.classifier() {
		return []*tensor{scores}
	}
	return []*tensor{{elem: e.labels.elem, dims: []int{rowsDim}, of: e, label: true}, scores}
}

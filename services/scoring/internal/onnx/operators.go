package onnx

import (
	"maps"
	"slices"
)

// An operator makes the tensors that a node yields. It has at least so many
// inputs.
type operator struct {
	inputs int
	follow func(r *reader, n *node, in []*tensor) ([]*tensor, error)
}

// operators are those that are followed, by domain and name.
var operators = map[string]operator{
	"ai.onnx.ml.TreeEnsembleClassifier": {1, treeClassifier},
	"ai.onnx.ml.TreeEnsembleRegressor":  {1, treeRegressor},
	"ai.onnx.ml.LinearClassifier":       {1, linearClassifier},
	"ai.onnx.ml.LinearRegressor":        {1, linearRegressor},
	"ai.onnx.ml.ZipMap":                 {1, zipMap},
	"ai.onnx.ml.Normalizer":             {1, normalizer},
	"Cast":                              {1, cast},
	"Identity":                          {1, identity},
}

func identity(_ *reader, _ *node, in []*tensor) ([]*tensor, error) { return in[:1], nil }

// Operators returns the names of all operators that are followed, sorted.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }

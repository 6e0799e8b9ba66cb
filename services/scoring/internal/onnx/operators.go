package onnx

import (
	"maps"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// An operator makes the tensors that a node yields. It has at least so many
// inputs.
type operator struct {
	inputs int
	follow func(r *reader, n *node, in []*tensor) ([]*tensor, error)
}

// operators are those that are followed, by domain and name.
var operators map[string]operator

func init() {
	operators = map[string]operator{
		"ai.onnx.ml.ArrayFeatureExtractor":  {2, extractor},
		"ai.onnx.ml.Binarizer":              {1, binarizer},
		"ai.onnx.ml.CategoryMapper":         {1, categoryMapper},
		"ai.onnx.ml.DictVectorizer":         {1, dictVectorizer},
		"ai.onnx.ml.FeatureVectorizer":      {1, vectorizer},
		"ai.onnx.ml.Imputer":                {1, imputer},
		"ai.onnx.ml.LabelEncoder":           {1, labelEncoder},
		"ai.onnx.ml.LinearClassifier":       {1, linearClassifier},
		"ai.onnx.ml.LinearRegressor":        {1, linearRegressor},
		"ai.onnx.ml.Normalizer":             {1, normalizer},
		"ai.onnx.ml.OneHotEncoder":          {1, oneHot},
		"ai.onnx.ml.Scaler":                 {1, scaler},
		"ai.onnx.ml.SVMClassifier":          {1, svmClassifier},
		"ai.onnx.ml.SVMRegressor":           {1, svmRegressor},
		"ai.onnx.ml.TreeEnsemble":           {1, treeEnsemble},
		"ai.onnx.ml.TreeEnsembleClassifier": {1, treeClassifier},
		"ai.onnx.ml.TreeEnsembleRegressor":  {1, treeRegressor},
		"ai.onnx.ml.ZipMap":                 {1, zipMap},

		"Abs":             {1, function(model.Abs)},
		"Add":             {2, elementwise(model.Add)},
		"And":             {2, elementwise(model.And)},
		"ArgMax":          {1, argument(false)},
		"ArgMin":          {1, argument(true)},
		"Cast":            {1, cast},
		"Ceil":            {1, function(model.Ceil)},
		"Clip":            {1, clip},
		"Concat":          {1, concat},
		"Constant":        {0, constant},
		"ConstantOfShape": {1, filled},
		"Div":             {2, elementwise(model.Divide)},
		"Equal":           {2, elementwise(model.IsEqual)},
		"Exp":             {1, function(model.Exp)},
		"Flatten":         {1, flatten},
		"Floor":           {1, function(model.Floor)},
		"Gather":          {2, gather},
		"Gemm":            {2, gemm},
		"Greater":         {2, swapped(model.IsLess)},
		"GreaterOrEqual":  {2, swapped(model.IsLessOrEqual)},
		"Identity":        {1, identity},
		"IsNaN":           {1, test(func(r *reader, c cell) cell { return r.is(c, math.NaN()) })},
		"Less":            {2, elementwise(model.IsLess)},
		"LessOrEqual":     {2, elementwise(model.IsLessOrEqual)},
		"Log":             {1, function(model.Log)},
		"MatMul":          {2, matMul},
		"Max":             {1, elementwise(model.Greater)},
		"Min":             {1, elementwise(model.Lesser)},
		"Mul":             {2, elementwise(model.Multiply)},
		"Neg":             {1, function(model.Negative)},
		"Not":             {1, test(func(r *reader, c cell) cell { return r.combine(model.IsEqual, boolElem, c, number(0)) })},
		"Or":              {2, elementwise(model.Or)},
		"Pow":             {2, elementwise(model.Raised)},
		"Reciprocal":      {1, function(model.Reciprocal)},
		"ReduceL1":        {1, reduction((*reader).absolute)},
		"ReduceL2":        {1, reduction((*reader).length)},
		"ReduceLogSumExp": {1, reduction((*reader).logSumExp)},
		"ReduceMax":       {1, reduction((*reader).greatest)},
		"ReduceMean":      {1, reduction((*reader).mean)},
		"ReduceMin":       {1, reduction((*reader).least)},
		"ReduceProd":      {1, reduction((*reader).product)},
		"ReduceSum":       {1, reduction((*reader).sum)},
		"ReduceSumSquare": {1, reduction((*reader).squares)},
		"Relu":            {1, function(model.Relu)},
		"Reshape":         {1, reshape},
		"Round":           {1, function(model.Rint)},
		"Shape":           {1, shape},
		"Sigmoid":         {1, function(model.Logistic)},
		"Sign":            {1, function(model.Sign)},
		"Slice":           {1, slice},
		"Softmax":         {1, softmaxes},
		"Split":           {1, parted},
		"Sqrt":            {1, function(model.Sqrt)},
		"Squeeze":         {1, squeeze},
		"Sub":             {2, elementwise(model.Subtract)},
		"Sum":             {1, elementwise(model.Add)},
		"Tanh":            {1, function(model.Tanh)},
		"Transpose":       {1, transpose},
		"Unsqueeze":       {1, unsqueeze},
		"Where":           {3, where},
		"Xor":             {2, elementwise(model.Xor)},
	}
}

func identity(_ *reader, _ *node, in []*tensor) ([]*tensor, error) { return in[:1], nil }

// Operators returns the names of all operators that are followed, sorted.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }

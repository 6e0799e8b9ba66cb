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

		"Abs":                {1, function(model.Abs)},
		"Add":                {2, elementwise(model.Add)},
		"And":                {2, elementwise(model.And)},
		"ArgMax":             {1, argument(false)},
		"ArgMin":             {1, argument(true)},
		"BatchNormalization": {5, batchNormalization},
		"Cast":               {1, cast},
		"Ceil":               {1, function(model.Ceil)},
		"Celu":               {1, bend("beta", 1, 0, celu)},
		"Clip":               {1, clip},
		"Concat":             {1, concat},
		"Constant":           {0, constant},
		"ConstantOfShape":    {1, filled},
		"Cos":                {1, function(model.Cos)},
		"Div":                {2, elementwise(model.Divide)},
		"Dropout":            {1, dropout},
		"Elu":                {1, bend("beta", 1, 0, elu)},
		"Equal":              {2, elementwise(model.IsEqual)},
		"Erf":                {1, function(model.Erf)},
		"Exp":                {1, function(model.Exp)},
		"Expand":             {2, expand},
		"Flatten":            {1, flatten},
		"Floor":              {1, function(model.Floor)},
		"Gather":             {2, gather},
		"Gelu":               {1, gelu},
		"Gemm":               {2, gemm},
		"Greater":            {2, swapped(model.IsLess)},
		"GreaterOrEqual":     {2, swapped(model.IsLessOrEqual)},
		"HardSigmoid":        {1, bend("beta", 0.2, 0.5, hardSigmoid)},
		"HardSwish":          {1, bend("beta", 0, 0, hardSwish)},
		"Identity":           {1, identity},
		"IsNaN":              {1, test(func(r *reader, c cell) cell { return r.is(c, math.NaN()) })},
		"LayerNormalization": {2, layerNormalization},
		"LeakyRelu":          {1, bend("beta", 0.01, 0, leakyRelu)},
		"Less":               {2, elementwise(model.IsLess)},
		"LessOrEqual":        {2, elementwise(model.IsLessOrEqual)},
		"Log":                {1, function(model.Log)},
		"LogSoftmax":         {1, normalized((*reader).logSoftmax)},
		"MatMul":             {2, matMul},
		"Max":                {1, elementwise(model.Greater)},
		"Mean":               {1, average},
		"Min":                {1, elementwise(model.Lesser)},
		"Mish":               {1, bend("beta", 0, 0, mish)},
		"Mul":                {2, elementwise(model.Multiply)},
		"Neg":                {1, function(model.Negative)},
		"Not":                {1, test(func(r *reader, c cell) cell { return r.combine(model.IsEqual, boolElem, c, number(0)) })},
		"Or":                 {2, elementwise(model.Or)},
		"PRelu":              {2, pRelu},
		"Pow":                {2, elementwise(model.Raised)},
		"Reciprocal":         {1, function(model.Reciprocal)},
		"ReduceL1":           {1, reduction((*reader).absolute)},
		"ReduceL2":           {1, reduction((*reader).length)},
		"ReduceLogSum":       {1, reduction((*reader).logSum)},
		"ReduceLogSumExp":    {1, reduction((*reader).logSumExp)},
		"ReduceMax":          {1, reduction((*reader).greatest)},
		"ReduceMean":         {1, reduction((*reader).mean)},
		"ReduceMin":          {1, reduction((*reader).least)},
		"ReduceProd":         {1, reduction((*reader).product)},
		"ReduceSum":          {1, reduction((*reader).sum)},
		"ReduceSumSquare":    {1, reduction((*reader).squares)},
		"Relu":               {1, function(model.Relu)},
		"Reshape":            {1, reshape},
		"Round":              {1, function(model.Rint)},
		"Selu":               {1, bend("gamma", 1.67326319217681884765625, 1.05070102214813232421875, selu)},
		"Shape":              {1, shape},
		"Sigmoid":            {1, function(model.Logistic)},
		"Sign":               {1, function(model.Sign)},
		"Sin":                {1, function(model.Sin)},
		"Slice":              {1, slice},
		"Softmax":            {1, normalized((*reader).softmax)},
		"Softplus":           {1, bend("beta", 0, 0, softplus)},
		"Softsign":           {1, bend("beta", 0, 0, softsign)},
		"Split":              {1, parted},
		"Sqrt":               {1, function(model.Sqrt)},
		"Squeeze":            {1, squeeze},
		"Sub":                {2, elementwise(model.Subtract)},
		"Sum":                {1, elementwise(model.Add)},
		"Tanh":               {1, function(model.Tanh)},
		"ThresholdedRelu":    {1, bend("beta", 1, 0, thresholded)},
		"Transpose":          {1, transpose},
		"Unsqueeze":          {1, unsqueeze},
		"Where":              {3, where},
		"Xor":                {2, elementwise(model.Xor)},
	}
}

func identity(_ *reader, _ *node, in []*tensor) ([]*tensor, error) { return in[:1], nil }

// Operators returns the names of all operators that are followed, sorted.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }

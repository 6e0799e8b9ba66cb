package server

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// What scikit-learn says of these two rows.
var (
	twoRows      = []float64{0.33, 0.12, 0.14, -0.39, 0.48, -0.24}
	severalProba = []float64{0, 1, 0.9090909090909091, 0, 0.09090909090909091, 0.8666666666666667, 0.13333333333333333, 0.37777777777777777, 0.4, 0.2222222222222222}
)

func infer(t *testing.T, golden string) *inference.ModelInferResponse {
	t.Helper()
	f := startGolden(t, golden)
	resp, err := f.oip.ModelInfer(t.Context(), &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{
		tensorOf("x", "FP64", &contents{Fp64Contents: twoRows}, 2, 3)}})
	if err != nil {
		t.Fatal(err)
	}
	meta, err := f.oip.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range resp.GetOutputs() { // what is told beforehand is what comes
		told := meta.GetOutputs()[i]
		if told.GetName() != o.GetName() || told.GetDatatype() != o.GetDatatype() || !slices.Equal(told.GetShape()[1:], o.GetShape()[1:]) {
			t.Errorf("%s: %v is told, %v comes", golden, told, o)
		}
	}
	return resp
}

// Each label of a row has a place in predict, and its probabilities are a tensor, as they are an
// array of the list that scikit-learn returns.
func TestSeveralLabels(t *testing.T) {
	out := infer(t, "several-tree").GetOutputs()
	if len(out) != 3 || out[0].GetName() != "predict" || out[1].GetName() != "predict_proba_0" || out[2].GetName() != "predict_proba_1" {
		t.Fatalf("outputs %v", out)
	}
	if got := out[0]; got.GetDatatype() != "INT64" || !slices.Equal(got.GetShape(), []int64{2, 2}) || !slices.Equal(got.GetContents().GetInt64Contents(), []int64{1, 1, 0, 3}) {
		t.Errorf("predict is %v", got)
	}
	first, second := out[1].GetContents().GetFp64Contents(), out[2].GetContents().GetFp64Contents()
	if !slices.Equal(out[2].GetShape(), []int64{2, 3}) || !slices.Equal(first, slices.Concat(severalProba[:2], severalProba[5:7])) ||
		!slices.Equal(second, slices.Concat(severalProba[2:5], severalProba[7:])) {
		t.Errorf("probabilities are %v and %v", first, second)
	}
	labels := infer(t, "several-extra-tree").GetOutputs()[0]
	if got := fmt.Sprintf("%s", labels.GetContents().GetBytesContents()); got != "[yes green yes green]" || labels.GetDatatype() != "BYTES" {
		t.Errorf("labels of strings are %v", labels)
	}
	there := infer(t, "OneVsRestClassifier-labels-logistic").GetOutputs()
	if len(there) != 2 || !slices.Equal(there[0].GetContents().GetInt64Contents(), []int64{1, 0, 1, 0, 1, 0}) ||
		there[1].GetName() != "predict_proba" || !slices.Equal(there[1].GetShape(), []int64{2, 3}) {
		t.Errorf("labels that are there or not: %v", there)
	}
}

func TestSeveralLabelsTyped(t *testing.T) {
	f := startGolden(t, "several-tree")
	req := matrix(2, twoRows...)
	req.Model = "m"
	req.Methods = []predictv1.Method{predictv1.Method_METHOD_PREDICT, predictv1.Method_METHOD_PREDICT_PROBA}
	resp, err := f.typed.Predict(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	targets := resp.GetTargets()
	if len(targets) != 2 || resp.GetLabels() != nil || resp.GetClasses() != nil || !slices.Equal(resp.GetProbabilities(), severalProba) {
		t.Fatalf("the answer is %v", resp)
	}
	if !slices.Equal(targets[1].GetLabels().GetIntegers().GetValues(), []int64{1, 3}) ||
		!slices.Equal(targets[1].GetClasses().GetIntegers().GetValues(), []int64{1, 3, 7}) || targets[1].GetProbabilities() != 3 {
		t.Errorf("the second label is %v", targets[1])
	}
	description, err := f.typed.GetModel(t.Context(), &predictv1.GetModelRequest{Name: "m"})
	if sig := description.GetSignature(); err != nil || sig.GetTask() != predictv1.Task_TASK_CLASSIFICATION || len(sig.GetTargets()) != 2 || sig.GetClasses() != nil {
		t.Errorf("the signature is %v, %v", sig, err)
	}
}

// A transformer answers with what it makes of the rows, whether or not it is asked to.
func TestTransform(t *testing.T) {
	out := infer(t, "transform-PCA").GetOutputs()
	want := []float64{0.25918743469554034, 0.3162272857475875, -0.582523049287589, 0.06362738531481853} // by scikit-learn
	near := func(got []float64) bool {
		return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	}
	if len(out) != 1 || out[0].GetName() != "transform" || !slices.Equal(out[0].GetShape(), []int64{2, 2}) || !near(out[0].GetContents().GetFp64Contents()) {
		t.Errorf("outputs %v", out)
	}
	f := startGolden(t, "transform-PCA")
	meta, err := f.oip.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "m"})
	if got := meta.GetProperties()["transform_columns"]; err != nil || got != `["pca0","pca1"]` {
		t.Errorf("the columns are %s, %v", got, err)
	}
	for _, methods := range [][]predictv1.Method{nil, {predictv1.Method_METHOD_TRANSFORM}} {
		req := matrix(2, twoRows...)
		req.Model, req.Methods = "m", methods
		resp, err := f.typed.Predict(t.Context(), req)
		if err != nil || resp.GetTransformedColumns() != 2 || !near(resp.GetTransformed()) || len(resp.GetValues()) != 0 {
			t.Errorf("asked for %v: %v, %v", methods, resp, err)
		}
	}
	req := matrix(2, twoRows...)
	req.Model, req.Methods = "m", []predictv1.Method{predictv1.Method_METHOD_PREDICT}
	_, err = f.typed.Predict(t.Context(), req)
	refused(t, err, codes.InvalidArgument, "transform")
	description, err := f.typed.GetModel(t.Context(), &predictv1.GetModelRequest{Name: "m"})
	if sig := description.GetSignature(); err != nil || sig.GetTask() != predictv1.Task_TASK_TRANSFORMATION || sig.GetTransformedColumns() != 2 || len(sig.GetTransformedNames()) != 2 {
		t.Errorf("the signature is %v, %v", sig, err)
	}
}

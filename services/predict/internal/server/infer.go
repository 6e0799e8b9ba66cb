package server

import (
	"context"
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// ModelInfer implements the protocol.
func (s oip) ModelInfer(ctx context.Context, req *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	o := observe()
	resp, err := s.observed(ctx, req, &o)
	tellLimit(ctx, o.limit)
	return resp, err
}

// observed infers, and observes what came of it. The error is a status.
func (s oip) observed(ctx context.Context, req *inference.ModelInferRequest, o *observation) (*inference.ModelInferResponse, error) {
	resp, err := s.infer(ctx, req, o)
	if err = s.finish(ctx, o, err); err != nil {
		return nil, err
	}
	return resp, nil
}

func (s oip) infer(ctx context.Context, req *inference.ModelInferRequest, o *observation) (*inference.ModelInferResponse, error) {
	number, err := versionNumber(req.GetModelVersion())
	if err != nil {
		return nil, err
	}
	v, err := s.o.Catalog.Lookup(ctx, req.GetModelName(), number)
	if err != nil {
		return nil, err
	}
	o.version = v
	outputs, err := requested(v.Model.Signature(), req.GetOutputs())
	if err != nil {
		return nil, err
	}
	w := s.borrow()
	defer s.giveBack(w)
	// Typed contents are the result's own slices; raw ones are a copy.
	raw := len(req.GetRawInputContents()) > 0
	if !raw {
		w.disown()
	}
	var want scoring.Method
	for _, out := range outputs {
		want |= out.method
	}
	if err := s.handle(ctx, w, want, o, tensorRowsAsked(req), func() error { return w.tensors(v, req, s.o.MaxRows) }); err != nil {
		return nil, err
	}
	resp := &inference.ModelInferResponse{
		ModelName: v.Name, ModelVersion: strconv.FormatInt(v.Number, 10), Id: req.GetId(),
		Parameters: map[string]*inference.InferParameter{metadataPrediction: {
			ParameterChoice: &inference.InferParameter_StringParam{StringParam: w.seen.ID}}},
	}
	for _, out := range outputs {
		out.write(resp, v.Model.Signature(), &w.result, w.batch.Rows, raw)
	}
	if !raw {
		w.disown()
	}
	return resp, nil
}

// tensors makes the batch: of one tensor for each feature, by name, or of one
// numeric tensor [rows, features] of any name.
func (w *work) tensors(v *model.Version, req *inference.ModelInferRequest, maxRows int) error {
	inputs, raw := req.GetInputs(), req.GetRawInputContents()
	if len(inputs) == 0 {
		return invalidRequest("the request has no inputs")
	}
	if len(raw) > 0 && len(raw) != len(inputs) {
		return invalidRequest("the request has %d inputs, but %d raw_input_contents; expected one for each, or none", len(inputs), len(raw))
	}
	sig := v.Model.Signature()
	for i := range inputs {
		t, err := newTensor(req, i, maxRows)
		if err != nil {
			return err
		}
		if i == 0 {
			w.begin(t.rows, len(sig.Features))
			if len(inputs) == 1 && isMatrix(v, t) {
				return w.matrixTensor(v, t)
			}
		}
		if t.rows != w.batch.Rows {
			return t.invalid("it has %d rows, but %q has %d", t.rows, shorten(inputs[0].GetName()), w.batch.Rows)
		}
		if err := w.columnTensor(v, t); err != nil {
			return err
		}
	}
	return w.absent(sig)
}

// isMatrix reports whether an only tensor holds every feature. One of a single
// column does if it is not called like a feature.
func isMatrix(v *model.Version, t *tensor) bool {
	if len(t.shape) != 2 {
		return false
	}
	_, named := v.Inputs.Find(t.name)
	return t.columns > 1 || !named
}

func (w *work) matrixTensor(v *model.Version, t *tensor) error {
	sig := v.Model.Signature()
	if t.columns != len(sig.Features) {
		return invalidFeature("", "input %q has %d columns; the model has %d features: %s", shorten(t.name), t.columns, len(sig.Features), v.Inputs.Names())
	}
	if t.datatype == typeBytes {
		return t.invalid("a tensor of all features must be numeric; send strings as one tensor for each feature")
	}
	values := w.numbers.take(t.rows * t.columns)
	if err := t.numbers(values); err != nil {
		return err
	}
	for _, row := range t.missing {
		values[row] = math.NaN() // of one column, as was checked
	}
	return w.transpose(sig, values)
}

func (w *work) columnTensor(v *model.Version, t *tensor) error {
	i, err := find(v, t.name)
	if err != nil {
		return err
	}
	f := &v.Model.Signature().Features[i]
	if t.columns != 1 {
		return t.invalid("its shape is %v; expected [%d] or [%d, 1] for one feature", t.shape, t.rows, t.rows)
	}
	if err := w.claim(i, f, t.name); err != nil {
		return err
	}
	if t.datatype == typeBytes {
		strings := w.strings.take(t.rows)
		if err := t.strings(strings); err != nil {
			return err
		}
		w.batch.Columns[i], err = w.stringColumn(f, strings, w.missing(t.missing))
		return err
	}
	numbers := w.numbers.take(t.rows)
	if err := t.numbers(numbers); err != nil {
		return err
	}
	for _, row := range t.missing {
		numbers[row] = math.NaN()
	}
	w.batch.Columns[i], err = w.numberColumn(f, numbers)
	return err
}

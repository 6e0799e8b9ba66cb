package server

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// An output is a tensor of an answer. It has the shape that the training
// library's method of the same name returns: predict [rows], or
// [rows, outputs] where there are several; predict_proba [rows, classes].
type output struct {
	name   string
	method scoring.Method
}

var allOutputs = []output{{"predict", scoring.Predict}, {"predict_proba", scoring.PredictProba}}

// outputsOf are the outputs that a model has.
func outputsOf(sig *scoring.Signature) []output {
	var out []output
	for _, o := range allOutputs {
		if sig.Methods&o.method != 0 {
			out = append(out, o)
		}
	}
	return out
}

// requested are the outputs to return, in the order in which they are asked
// for; all of them if none is.
func requested(sig *scoring.Signature, asked []*inference.ModelInferRequest_InferRequestedOutputTensor) ([]output, error) {
	offered := outputsOf(sig)
	if len(asked) == 0 {
		return offered, nil
	}
	var out []output
	for _, a := range asked {
		o, ok := named(offered, a.GetName())
		if !ok {
			var names []string
			for _, o := range offered {
				names = append(names, o.name)
			}
			return nil, invalidRequest("unknown output %q; the model's outputs are %s", shorten(a.GetName()), strings.Join(names, ", "))
		}
		if _, twice := named(out, o.name); twice {
			return nil, invalidRequest("output %q is requested twice", o.name)
		}
		out = append(out, o)
	}
	return out, nil
}

func named(outputs []output, name string) (output, bool) {
	for _, o := range outputs {
		if o.name == name {
			return o, true
		}
	}
	return output{}, false
}

// isLabel reports whether the output is a class label.
func (o output) isLabel(sig *scoring.Signature) bool {
	return o.method == scoring.Predict && sig.Task == scoring.Classification
}

func (o output) datatype(sig *scoring.Signature) string {
	if o.isLabel(sig) {
		switch kind(sig.Classes) {
		case scoring.IntegerLabel:
			return typeInt64
		case scoring.FloatLabel:
			return typeFP64
		case scoring.BoolLabel:
			return typeBool
		}
		return typeBytes
	}
	if sig.Float32 {
		return typeFP32
	}
	return typeFP64
}

func (o output) shape(sig *scoring.Signature, rows int64) []int64 {
	switch {
	case o.method == scoring.PredictProba:
		return []int64{rows, int64(len(sig.Classes))}
	case sig.Task == scoring.Regression && sig.Outputs > 1:
		return []int64{rows, int64(sig.Outputs)}
	}
	return []int64{rows}
}

// write adds the output to an answer.
func (o output) write(resp *inference.ModelInferResponse, sig *scoring.Signature, r *scoring.Result, rows int, raw bool) {
	t := &inference.ModelInferResponse_InferOutputTensor{
		Name: o.name, Datatype: o.datatype(sig), Shape: o.shape(sig, int64(rows)),
	}
	resp.Outputs = append(resp.Outputs, t)
	switch {
	case o.isLabel(sig) && raw:
		resp.RawOutputContents = append(resp.RawOutputContents, rawLabels(sig.Classes, r.Classes))
	case o.isLabel(sig):
		t.Contents = labelContents(sig.Classes, r.Classes)
	case raw:
		resp.RawOutputContents = append(resp.RawOutputContents, rawNumbers(o.values(r), sig.Float32))
	case sig.Float32:
		t.Contents = &inference.InferTensorContents{Fp32Contents: narrow(o.values(r))}
	default:
		t.Contents = &inference.InferTensorContents{Fp64Contents: o.values(r)}
	}
}

func (o output) values(r *scoring.Result) []float64 {
	if o.method == scoring.PredictProba {
		return r.Probabilities
	}
	return r.Values
}

// narrow undoes the widening of float32 values.
func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func rawNumbers(values []float64, float32s bool) []byte {
	if float32s {
		out := make([]byte, 0, 4*len(values))
		for _, v := range values {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)))
		}
		return out
	}
	out := make([]byte, 0, 8*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func rawLabels(classes []scoring.Label, indices []int32) []byte {
	var out []byte
	for _, c := range indices {
		switch v := classes[c].Any().(type) {
		case int64:
			out = binary.LittleEndian.AppendUint64(out, uint64(v))
		case float64:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		case bool:
			out = append(out, byte(fromBool(v)))
		case string:
			out = binary.LittleEndian.AppendUint32(out, uint32(len(v)))
			out = append(out, v...)
		}
	}
	return out
}

func labelContents(classes []scoring.Label, indices []int32) *inference.InferTensorContents {
	switch kind(classes) {
	case scoring.IntegerLabel:
		return &inference.InferTensorContents{Int64Contents: pick[int64](classes, indices)}
	case scoring.FloatLabel:
		return &inference.InferTensorContents{Fp64Contents: pick[float64](classes, indices)}
	case scoring.BoolLabel:
		return &inference.InferTensorContents{BoolContents: pick[bool](classes, indices)}
	}
	labels := pick[string](classes, indices)
	out := make([][]byte, len(labels))
	for i, l := range labels {
		out[i] = []byte(l)
	}
	return &inference.InferTensorContents{BytesContents: out}
}

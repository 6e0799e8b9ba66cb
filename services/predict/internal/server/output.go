package server

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// An output is a tensor of an answer. It has the shape that the training
// library's method of the same name returns: predict [rows], or
// [rows, outputs] where there are several; predict_proba [rows, classes];
// transform [rows, columns]. Where predict_proba returns a list, an array for
// each label of a row, there are predict_proba_0, predict_proba_1, ….
type output struct {
	name   string
	method scoring.Method
	target int // of those; -1 of all others
}

var allOutputs = []output{{"predict", scoring.Predict, -1}, {"predict_proba", scoring.PredictProba, -1}, {"transform", scoring.Transform, -1}}

// outputsOf are the outputs that a model has.
func outputsOf(sig *scoring.Signature) []output {
	var out []output
	for _, o := range allOutputs {
		switch {
		case sig.Methods&o.method == 0:
		case o.method == scoring.PredictProba && sig.Targets != nil && !sig.Indicator:
			for k := range sig.Targets {
				out = append(out, output{o.name + "_" + strconv.Itoa(k), o.method, k})
			}
		default:
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
		of := sig.Classes
		if sig.Targets != nil && oneKind(sig) {
			of = sig.Targets[0]
		}
		switch kind(of) {
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
	case o.target >= 0:
		_, n := share(sig, o.target)
		return []int64{rows, int64(n)}
	case o.method == scoring.PredictProba:
		return []int64{rows, int64(sig.Probabilities)}
	case o.method == scoring.Transform:
		return []int64{rows, int64(sig.Transformed)}
	case sig.Task == scoring.Regression && sig.Outputs > 1, sig.Targets != nil:
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
	case o.isLabel(sig):
		classes, indices := sig.Classes, r.Classes
		if sig.Targets != nil {
			classes, indices = allLabels(sig, r.Classes)
		}
		if raw {
			resp.RawOutputContents = append(resp.RawOutputContents, rawLabels(classes, indices))
		} else {
			t.Contents = labelContents(classes, indices)
		}
	case raw:
		resp.RawOutputContents = append(resp.RawOutputContents, rawNumbers(o.values(sig, r), sig.Float32))
	case sig.Float32:
		t.Contents = &inference.InferTensorContents{Fp32Contents: narrow(o.values(sig, r))}
	default:
		t.Contents = &inference.InferTensorContents{Fp64Contents: o.values(sig, r)}
	}
}

func (o output) values(sig *scoring.Signature, r *scoring.Result) []float64 {
	switch {
	case o.target >= 0:
		first, n := share(sig, o.target)
		return columns(r.Probabilities, first, n, sig.Probabilities)
	case o.method == scoring.PredictProba:
		return r.Probabilities
	case o.method == scoring.Transform:
		return r.Transformed
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

package server

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

type (
	input    = inference.ModelInferRequest_InferInputTensor
	contents = inference.InferTensorContents
)

func tensorOf(name, datatype string, c *contents, shape ...int64) *input {
	return &input{Name: name, Datatype: datatype, Shape: shape, Contents: c}
}

// bytesRaw encodes strings as raw contents have them.
func bytesRaw(values ...string) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(v)))
		out = append(out, v...)
	}
	return out
}

func raw(t testing.TB, data any) []byte {
	t.Helper()
	out, err := binary.Append(nil, binary.LittleEndian, data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// houseTensors are the rows that houses are, typed.
func houseTensors(oceans ...string) *inference.ModelInferRequest {
	n := int64(len(oceans))
	var b [][]byte
	for _, o := range oceans {
		b = append(b, []byte(o))
	}
	req := &inference.ModelInferRequest{ModelName: "housing", Id: "id-1"}
	req.Inputs = append(req.Inputs, tensorOf("ocean_proximity", "BYTES", &contents{BytesContents: b}, n, 1))
	for i, v := range numbers {
		req.Inputs = append(req.Inputs, tensorOf(names[i], "FP64", &contents{Fp64Contents: slices.Repeat([]float64{v}, len(oceans))}, n))
	}
	return req
}

// toRaw moves the data to raw contents.
func toRaw(t testing.TB, req *inference.ModelInferRequest) *inference.ModelInferRequest {
	for _, in := range req.GetInputs() {
		data := raw(t, in.GetContents().GetFp64Contents())
		if in.GetDatatype() == "BYTES" {
			var values []string
			for _, b := range in.GetContents().GetBytesContents() {
				values = append(values, string(b))
			}
			data = bytesRaw(values...)
		}
		req.RawInputContents = append(req.RawInputContents, data)
		in.Contents = nil
	}
	return req
}

func TestInfer(t *testing.T) {
	f := startHousing(t)
	tests := []struct {
		asked, answered, datatype string
		number                    int64
	}{
		{"1", "1", "FP64", 1},
		{"3", "3", "FP32", 3}, // the library computes in single precision
		{"", "3", "FP32", 3},
	}
	for _, tt := range tests {
		v, _ := f.catalog.Lookup(t.Context(), "housing", tt.number)
		want := direct(t, v, "NEAR BAY", "INLAND")
		for _, isRaw := range []bool{false, true} {
			req := houseTensors("NEAR BAY", "INLAND")
			if isRaw {
				req = toRaw(t, req)
			}
			req.ModelVersion = tt.asked
			resp, err := f.oip.ModelInfer(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			out := resp.GetOutputs()[0]
			if resp.GetModelName() != "housing" || resp.GetId() != "id-1" || resp.GetModelVersion() != tt.answered ||
				len(resp.GetOutputs()) != 1 || out.GetName() != "predict" || out.GetDatatype() != tt.datatype ||
				!slices.Equal(out.GetShape(), []int64{2}) {
				t.Errorf("answer: %v", resp)
			}
			var got []float64
			switch {
			case isRaw && tt.datatype == "FP64":
				got = make([]float64, 2)
				_, err = binary.Decode(resp.GetRawOutputContents()[0], binary.LittleEndian, got)
			case isRaw:
				narrow := make([]float32, 2)
				_, err = binary.Decode(resp.GetRawOutputContents()[0], binary.LittleEndian, narrow)
				got = widen(narrow)
			case tt.datatype == "FP64":
				got = out.GetContents().GetFp64Contents()
			default:
				got = widen(out.GetContents().GetFp32Contents())
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("version %q, raw %v: %v, %v; want %v", tt.asked, isRaw, got, err, want)
			}
			if isRaw == (out.GetContents() != nil) {
				t.Errorf("raw in %v, but typed out %v", isRaw, out.GetContents() != nil)
			}
		}
	}
}

func widen(values []float32) []float64 {
	var out []float64
	for _, v := range values {
		out = append(out, float64(v))
	}
	return out
}

// Every datatype, typed and raw, holds the same numbers.
func TestDatatypes(t *testing.T) {
	f := startGolden(t, "linear-regression")
	want, err := f.oip.ModelInfer(t.Context(), &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{
		tensorOf("x", "FP64", &contents{Fp64Contents: []float64{1, 0, 1, 0, 1, 1}}, 2, 3)}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		datatype string
		typed    *contents
		raw      any
	}{
		{"BOOL", &contents{BoolContents: []bool{true, false, true, false, true, true}}, []bool{true, false, true, false, true, true}},
		{"INT8", &contents{IntContents: []int32{1, 0, 1, 0, 1, 1}}, []int8{1, 0, 1, 0, 1, 1}},
		{"INT16", &contents{IntContents: []int32{1, 0, 1, 0, 1, 1}}, []int16{1, 0, 1, 0, 1, 1}},
		{"INT32", &contents{IntContents: []int32{1, 0, 1, 0, 1, 1}}, []int32{1, 0, 1, 0, 1, 1}},
		{"INT64", &contents{Int64Contents: []int64{1, 0, 1, 0, 1, 1}}, []int64{1, 0, 1, 0, 1, 1}},
		{"UINT8", &contents{UintContents: []uint32{1, 0, 1, 0, 1, 1}}, []uint8{1, 0, 1, 0, 1, 1}},
		{"UINT16", &contents{UintContents: []uint32{1, 0, 1, 0, 1, 1}}, []uint16{1, 0, 1, 0, 1, 1}},
		{"UINT32", &contents{UintContents: []uint32{1, 0, 1, 0, 1, 1}}, []uint32{1, 0, 1, 0, 1, 1}},
		{"UINT64", &contents{Uint64Contents: []uint64{1, 0, 1, 0, 1, 1}}, []uint64{1, 0, 1, 0, 1, 1}},
		{"FP16", nil, []uint16{0x3c00, 0, 0x3c00, 0x8000, 0x3c00, 0x3c00}},
		{"FP32", &contents{Fp32Contents: []float32{1, 0, 1, 0, 1, 1}}, []float32{1, 0, 1, 0, 1, 1}},
		{"FP64", &contents{Fp64Contents: []float64{1, 0, 1, 0, 1, 1}}, []float64{1, 0, 1, 0, 1, 1}},
	}
	for _, tt := range tests {
		requests := []*inference.ModelInferRequest{{
			ModelName: "m", Inputs: []*input{tensorOf("input-0", tt.datatype, nil, 2, 3)}, RawInputContents: [][]byte{raw(t, tt.raw)},
		}}
		if tt.typed != nil {
			requests = append(requests, &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{tensorOf("input-0", tt.datatype, tt.typed, 2, 3)}})
		}
		for _, req := range requests {
			resp, err := f.oip.ModelInfer(t.Context(), req)
			if err != nil {
				t.Errorf("%s: %v", tt.datatype, err)
				continue
			}
			got := resp.GetOutputs()[0].GetContents().GetFp64Contents()
			if len(req.GetRawInputContents()) > 0 {
				got = make([]float64, 2)
				_, _ = binary.Decode(resp.GetRawOutputContents()[0], binary.LittleEndian, got)
			}
			if !slices.Equal(got, want.GetOutputs()[0].GetContents().GetFp64Contents()) {
				t.Errorf("%s: %v, want %v", tt.datatype, got, want)
			}
		}
	}
}

func TestOutputsOfAClassifier(t *testing.T) {
	row := []float64{0.3, -0.01, 0.44, 0.72, -0.71}
	tests := []struct {
		model, datatype string
		typed           func(*contents) bool
		raw             []byte // by scikit-learn
	}{
		{"forest-classifier-int", "INT64", func(c *contents) bool { return c.GetInt64Contents()[0] == 7 }, raw(t, int64(7))},
		{"forest-classifier-string", "BYTES", func(c *contents) bool { return string(c.GetBytesContents()[0]) == "yes" }, bytesRaw("yes")},
		{"forest-classifier-float", "FP64", func(c *contents) bool { return c.GetFp64Contents()[0] == 2 }, raw(t, 2.0)},
		{"forest-classifier-bool", "BOOL", func(c *contents) bool { return c.GetBoolContents()[0] }, []byte{1}},
	}
	for _, tt := range tests {
		f := startGolden(t, tt.model)
		for _, isRaw := range []bool{false, true} {
			req := &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{tensorOf("x", "FP64", &contents{Fp64Contents: row}, 1, 5)}}
			if isRaw {
				req = toRaw(t, req)
			}
			resp, err := f.oip.ModelInfer(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			label, proba := resp.GetOutputs()[0], resp.GetOutputs()[1]
			if label.GetName() != "predict" || label.GetDatatype() != tt.datatype || !slices.Equal(label.GetShape(), []int64{1}) ||
				proba.GetName() != "predict_proba" || proba.GetDatatype() != "FP64" || !slices.Equal(proba.GetShape(), []int64{1, 2}) {
				t.Errorf("%s: outputs %v", tt.model, resp.GetOutputs())
			}
			if isRaw {
				if !slices.Equal(resp.GetRawOutputContents()[0], tt.raw) || len(resp.GetRawOutputContents()[1]) != 16 {
					t.Errorf("%s: raw outputs %v", tt.model, resp.GetRawOutputContents())
				}
			} else if !tt.typed(label.GetContents()) || len(proba.GetContents().GetFp64Contents()) != 2 {
				t.Errorf("%s: contents %v", tt.model, resp.GetOutputs())
			}
		}
	}
}

func TestRequestedOutputs(t *testing.T) {
	f := startGolden(t, "forest-classifier-int")
	ask := func(outputs ...string) ([]string, error) {
		req := &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{
			tensorOf("x", "FP64", &contents{Fp64Contents: make([]float64, 5)}, 1, 5)}}
		for _, o := range outputs {
			req.Outputs = append(req.Outputs, &inference.ModelInferRequest_InferRequestedOutputTensor{Name: o})
		}
		resp, err := f.oip.ModelInfer(t.Context(), req)
		var names []string
		for _, o := range resp.GetOutputs() {
			names = append(names, o.GetName())
		}
		return names, err
	}
	for _, want := range [][]string{{"predict"}, {"predict_proba"}, {"predict_proba", "predict"}} {
		if got, err := ask(want...); err != nil || !slices.Equal(got, want) {
			t.Errorf("asked for %v, got %v, %v", want, got, err)
		}
	}
	_, err := ask("output-0")
	refused(t, err, codes.InvalidArgument, `unknown output "output-0"; the model's outputs are predict, predict_proba`)
	_, err = ask("predict", "predict")
	refused(t, err, codes.InvalidArgument, `output "predict" is requested twice`)
}

func TestTwoOutputs(t *testing.T) {
	f := startGolden(t, "forest-regressor-two-outputs")
	resp, err := f.oip.ModelInfer(t.Context(), &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{
		tensorOf("x", "FP64", &contents{Fp64Contents: []float64{0.3, -0.01, 0.44, 0.72, -0.71}}, 1, 5)}})
	if err != nil {
		t.Fatal(err)
	}
	out := resp.GetOutputs()[0]
	want := []float64{0.5345873583901796, 0.06510158730158729} // by scikit-learn
	if !slices.Equal(out.GetShape(), []int64{1, 2}) || !slices.Equal(out.GetContents().GetFp64Contents(), want) {
		t.Errorf("got %v, want %v", out, want)
	}
}

func TestMissingParameter(t *testing.T) {
	f := startHousing(t)
	ask := func(change func(*inference.ModelInferRequest)) []float32 {
		t.Helper()
		req := houseTensors("INLAND", "INLAND", "INLAND")
		change(req)
		resp, err := f.oip.ModelInfer(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetOutputs()[0].GetContents().GetFp32Contents()
	}
	rows := func(s string) map[string]*inference.InferParameter {
		return map[string]*inference.InferParameter{"missing": {ParameterChoice: &inference.InferParameter_StringParam{StringParam: s}}}
	}
	whole := ask(func(*inference.ModelInferRequest) {})
	const ocean, income = 0, 8
	want := ask(func(req *inference.ModelInferRequest) {
		nan := math.NaN()
		req.Inputs[ocean] = tensorOf("ocean_proximity", "FP64", &contents{Fp64Contents: []float64{nan, nan, nan}}, 3)
		req.Inputs[income].Contents.Fp64Contents[1] = nan
	})
	got := ask(func(req *inference.ModelInferRequest) {
		req.Inputs[ocean].Parameters = rows("0,1,2")
		req.Inputs[income].Parameters = rows("1")
	})
	if !slices.Equal(got, want) || slices.Equal(got, whole) {
		t.Errorf("missing: %v, want %v", got, want)
	}
	if got := ask(func(req *inference.ModelInferRequest) { req.Inputs[ocean].Parameters = rows("") }); !slices.Equal(got, whole) {
		t.Errorf("none missing: %v, want %v", got, whole)
	}
}

func TestInvalidTensors(t *testing.T) {
	f := startHousing(t)
	f.catalog.versions = append(f.catalog.versions, version("m", 1, open(t, goldens+"/linear-regression/model.joblib")))
	one := func(in *input, raw ...[]byte) *inference.ModelInferRequest {
		return &inference.ModelInferRequest{ModelName: "m", Inputs: []*input{in}, RawInputContents: raw}
	}
	fp64 := func(v ...float64) *contents { return &contents{Fp64Contents: v} }
	parameter := func(p *inference.InferParameter) *input {
		in := tensorOf("income", "FP64", fp64(1, 2), 2)
		in.Parameters = map[string]*inference.InferParameter{"missing": p}
		return in
	}
	text := func(s string) *inference.InferParameter {
		return &inference.InferParameter{ParameterChoice: &inference.InferParameter_StringParam{StringParam: s}}
	}
	house := func(i int, in *input) *inference.ModelInferRequest {
		req := houseTensors("INLAND", "INLAND")
		req.Inputs[i] = in
		return req
	}
	tests := []struct {
		name    string
		req     *inference.ModelInferRequest
		message string
	}{
		{"no inputs", &inference.ModelInferRequest{ModelName: "m"}, "the request has no inputs"},
		{"a version that is no number", &inference.ModelInferRequest{ModelVersion: "v1"}, `the version is "v1"; expected a positive integer`},
		{"an unknown datatype", one(tensorOf("x", "FP8", nil, 1, 3)), `input "x": datatype is "FP8"; expected BOOL,`},
		{"no shape", one(tensorOf("x", "FP64", fp64(1))), `input "x": its shape is []; expected [rows] or [rows, columns]`},
		{"three dimensions", one(tensorOf("x", "FP64", fp64(1), 1, 1, 1)), "its shape is [1 1 1]"},
		{"a negative dimension", one(tensorOf("x", "FP64", fp64(1), -1)), "its shape [-1] has a negative dimension"},
		{"no rows", one(tensorOf("x", "FP64", nil, 0, 3)), `input "x": the request has 0 rows`},
		{"no columns", one(tensorOf("x", "FP64", nil, 3, 0)), "has 0 columns"},
		{"a shape that overflows", one(tensorOf("x", "FP64", nil, 1000, math.MaxInt64)), "has 9223372036854775807 columns; expected 1 to 1048576"},
		{"too many rows", one(tensorOf("x", "FP64", nil, math.MaxInt64, 3)), "at most 1000 are accepted"},
		{"too few elements", one(tensorOf("x", "FP64", fp64(1, 2), 1, 3)), "its shape [1 3] has 3 elements, but its contents have 2"},
		{"data in another field", one(tensorOf("x", "FP64", &contents{IntContents: []int32{1, 2, 3}}, 1, 3)), "data of FP64 belongs into fp64_contents, but int_contents is filled"},
		{"data in two fields", one(tensorOf("x", "FP64", &contents{Fp64Contents: []float64{1, 2, 3}, BoolContents: []bool{true}}, 1, 3)), "but several fields is filled"},
		{"no data", one(tensorOf("x", "FP64", nil, 1, 3)), "but nothing is filled"},
		{"typed FP16", one(tensorOf("x", "FP16", fp64(1, 2, 3), 1, 3)), "FP16 is accepted in raw_input_contents only"},
		{"raw and typed", one(tensorOf("x", "FP64", fp64(1, 2, 3), 1, 3), make([]byte, 24)), "it has contents and raw_input_contents"},
		{"raw for some", one(tensorOf("x", "FP64", nil, 1, 3), nil, nil), "the request has 1 inputs, but 2 raw_input_contents"},
		{"raw of another size", one(tensorOf("x", "FP64", nil, 1, 3), make([]byte, 23)), "its shape [1 3] of FP64 takes 24 bytes, but raw_input_contents has 23"},
		{"no INT8", one(tensorOf("x", "INT8", &contents{IntContents: []int32{1, 128, 0}}, 1, 3)), `input "x": element 1: 128 is no INT8`},
		{"no INT16", one(tensorOf("x", "INT16", &contents{IntContents: []int32{1, -32769, 0}}, 1, 3)), "-32769 is no INT16"},
		{"no UINT8", one(tensorOf("x", "UINT8", &contents{UintContents: []uint32{1, 2, 256}}, 1, 3)), "element 2: 256 is no UINT8"},
		{"no BOOL", one(tensorOf("x", "BOOL", nil, 1, 3), []byte{0, 1, 2}), "element 2: 2 is no BOOL"},
		{"an inexact INT64", one(tensorOf("x", "INT64", &contents{Int64Contents: []int64{0, 1<<53 + 1, 0}}, 1, 3)), "element 1: 9007199254740993 is not exact"},
		{"the greatest INT64", one(tensorOf("x", "INT64", nil, 1, 3), raw(t, []int64{0, 0, math.MaxInt64})), "element 2: 9223372036854775807 is not exact"},
		{"an inexact UINT64", one(tensorOf("x", "UINT64", &contents{Uint64Contents: []uint64{math.MaxUint64, 0, 0}}, 1, 3)), "element 0: 18446744073709551615 is not exact"},
		{"a matrix of another width", one(tensorOf("x", "FP64", fp64(1, 2), 1, 2)), `input "x" has 2 columns; the model has 3 features: income, age, rooms`},
		{"a matrix of strings", one(tensorOf("x", "BYTES", &contents{BytesContents: [][]byte{{}, {}, {}}}, 1, 3)), "a tensor of all features must be numeric"},
		{"an unknown feature", one(tensorOf("x", "FP64", fp64(1), 1)), `unknown column "x"`},
		{"an absent feature", one(tensorOf("income", "FP64", fp64(1), 1)), "column age is not given, and the model needs it"},
		{"a string for a number", one(tensorOf("income", "BYTES", &contents{BytesContents: [][]byte{[]byte("much")}}, 1)), `row 0, feature income: expected a number, got the string "much"`},
		{"missing that is no string", one(parameter(&inference.InferParameter{})), "its parameter missing is not a string"},
		{"missing out of range", one(parameter(text("0,2"))), `its parameter missing has "2" after 0; expected ascending numbers below 2`},
		{"missing that is no number", one(parameter(text("0, 1"))), `has " 1" after 0`},
		{"two rows and three", house(1, tensorOf("longitude", "FP64", fp64(1, 2, 3), 3)), `input "longitude": it has 3 rows, but "ocean_proximity" has 2`},
		{"a column that is wide", house(1, tensorOf("longitude", "FP64", fp64(1, 2, 3, 4), 2, 2)), "its shape is [2 2]; expected [2] or [2, 1] for one feature"},
		{"twice the same", house(1, tensorOf("latitude", "FP64", fp64(1, 2), 2)), "column latitude is given twice"},
		{"a number for a string", house(0, tensorOf("ocean_proximity", "INT32", &contents{IntContents: []int32{1, 2}}, 2)), "row 0, feature ocean_proximity: expected a string, got the number 1"},
		{"not UTF-8", house(0, tensorOf("ocean_proximity", "BYTES", &contents{BytesContents: [][]byte{[]byte("INLAND"), {0xff}}}, 2)), `input "ocean_proximity": element 1 is not UTF-8`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.oip.ModelInfer(t.Context(), tt.req)
			refused(t, err, codes.InvalidArgument, tt.message)
		})
	}
	for name, data := range map[string][]byte{
		"ends in the length of element 1": append(bytesRaw("INLAND"), 1, 0, 0),
		"but raw_input_contents has 2":    append(bytesRaw("INLAND"), 3, 0, 0, 0, 'a', 'b'),
		"has 1 bytes after them":          append(bytesRaw("INLAND", "ISLAND"), 0),
		"element 1 is not UTF-8":          bytesRaw("INLAND", "\xff"),
	} {
		req := toRaw(t, houseTensors("INLAND", "INLAND"))
		req.RawInputContents[0] = data
		_, err := f.oip.ModelInfer(t.Context(), req)
		refused(t, err, codes.InvalidArgument, name)
	}
}

func TestHalfPrecision(t *testing.T) {
	for h, want := range map[uint16]float64{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: 0x1p-24, 0x03ff: 0x3ffp-24, 0x0400: 0x1p-14,
		0x3555: 0.333251953125, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		if got := fromHalf(h); got != want {
			t.Errorf("%#04x = %v, want %v", h, got, want)
		}
	}
	if !math.IsNaN(fromHalf(0x7e00)) || !math.Signbit(fromHalf(0x8000)) {
		t.Error("NaN or -0 got lost")
	}
}

func TestStream(t *testing.T) {
	f := startHousing(t)
	stream, err := f.oip.ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad := houseTensors("INLAND")
	bad.Id, bad.ModelName = "id-2", "nowhere"
	for _, req := range []*inference.ModelInferRequest{houseTensors("INLAND"), bad, houseTensors("ISLAND")} {
		if err := stream.Send(req); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for i, wantError := range []string{"", `model "nowhere" not found`, ""} {
		resp, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if (wantError == "") != (resp.GetErrorMessage() == "") || !strings.Contains(resp.GetErrorMessage(), wantError) {
			t.Errorf("answer %d: error %q, want %q", i, resp.GetErrorMessage(), wantError)
		}
		if want := []string{"id-1", "id-2", "id-1"}[i]; resp.GetInferResponse().GetId() != want {
			t.Errorf("answer %d: id %q, want %q", i, resp.GetInferResponse().GetId(), want)
		}
		if final := resp.GetInferResponse().GetParameters()[finalResponse].GetBoolParam(); final != (wantError == "") {
			t.Errorf("answer %d: final = %v", i, final)
		}
	}
	if _, err := stream.Recv(); err == nil || err.Error() != "EOF" {
		t.Errorf("the stream ends with %v, want EOF", err)
	}
}

func TestStopEndsIdleStreams(t *testing.T) {
	f := startHousing(t)
	stream, err := f.oip.ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(houseTensors("INLAND")); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, f.Stop)
	_, err = stream.Recv()
	if status.Code(err) != codes.Unavailable {
		t.Errorf("the stream ends with %v, want UNAVAILABLE", err)
	}
}

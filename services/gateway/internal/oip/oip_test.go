package oip

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// one makes a request of one input.
func one(input string) string { return `{"inputs": [` + input + `]}` }

// Data of every datatype becomes the little-endian bytes that a binary client sends.
func TestData(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name, input string
		want        []byte
	}{
		{"BOOL", `{"name": "x", "shape": [4], "datatype": "BOOL", "data": [true, false, 1, 0]}`, []byte{1, 0, 1, 0}},
		{"INT8", `{"name": "x", "shape": [2], "datatype": "INT8", "data": [-128, 127]}`, []byte{0x80, 0x7f}},
		{"INT16", `{"name": "x", "shape": [1], "datatype": "INT16", "data": [-2]}`, []byte{0xfe, 0xff}},
		{"INT32", `{"name": "x", "shape": [1], "datatype": "INT32", "data": [-2]}`, []byte{0xfe, 0xff, 0xff, 0xff}},
		{"INT64 keeps every bit", `{"name": "x", "shape": [1], "datatype": "INT64", "data": [9007199254740993]}`, le.AppendUint64(nil, 9007199254740993)},
		{"UINT8", `{"name": "x", "shape": [1], "datatype": "UINT8", "data": [255]}`, []byte{255}},
		{"UINT16", `{"name": "x", "shape": [1], "datatype": "UINT16", "data": [258]}`, []byte{2, 1}},
		{"UINT32", `{"name": "x", "shape": [1], "datatype": "UINT32", "data": [4294967295]}`, le.AppendUint32(nil, math.MaxUint32)},
		{"UINT64", `{"name": "x", "shape": [1], "datatype": "UINT64", "data": [18446744073709551615]}`, le.AppendUint64(nil, math.MaxUint64)},
		{"FP32 is rounded once", `{"name": "x", "shape": [1], "datatype": "FP32", "data": [1.00000017881393432617187499]}`, le.AppendUint32(nil, math.Float32bits(1.0000001))},
		{"FP64", `{"name": "x", "shape": [2], "datatype": "FP64", "data": [-0.0, 0.1]}`, le.AppendUint64(le.AppendUint64(nil, 1<<63), math.Float64bits(0.1))},
		{"BYTES", `{"name": "x", "shape": [2], "datatype": "BYTES", "data": ["<1H OCEAN", "caf\u00e9"]}`, []byte("\x09\x00\x00\x00<1H OCEAN\x05\x00\x00\x00café")},
		{"nested", `{"name": "x", "shape": [2, 2], "datatype": "INT8", "data": [[1, 2], [3, 4]]}`, []byte{1, 2, 3, 4}},
		{"flat", `{"name": "x", "shape": [2, 2], "datatype": "INT8", "data": [1, 2, 3, 4]}`, []byte{1, 2, 3, 4}},
		{"nested by dimensions of 1", `{"name": "x", "shape": [2], "datatype": "INT8", "data": [[1], [2]]}`, []byte{1, 2}},
		{"empty", `{"name": "x", "shape": [0], "datatype": "INT8", "data": []}`, nil},
		{"data before datatype and shape", `{"data": [1], "datatype": "INT8", "shape": [1], "name": "x"}`, []byte{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Decode([]byte(one(c.input)), -1, limits)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Message.GetRawInputContents(); len(got) != 1 || string(got[0]) != string(c.want) {
				t.Errorf("got %x, want %x", got, c.want)
			}
		})
	}
}

func TestNullIsMissing(t *testing.T) {
	for _, c := range []struct{ input, missing string }{
		{`{"name": "x", "shape": [3], "datatype": "BYTES", "data": [null, "a", null]}`, "0,2"},
		{`{"name": "x", "shape": [2, 1], "datatype": "INT64", "data": [[1], [null]]}`, "1"},
		{`{"name": "x", "shape": [1], "datatype": "BOOL", "data": [null]}`, "0"},
	} {
		r, err := Decode([]byte(one(c.input)), -1, limits)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Message.GetInputs()[0].GetParameters()["missing"].GetStringParam(); got != c.missing {
			t.Errorf("%s: got missing %q, want %q", c.input, got, c.missing)
		}
	}
	// NaN is what Python's encoders write; it is no JSON.
	for _, missing := range []string{"null", "NaN"} {
		r, err := Decode([]byte(one(`{"name": "x", "shape": [1], "datatype": "FP32", "data": [`+missing+`]}, {"name": "y", "shape": [2], "data": [`+missing+`, -Infinity], "datatype": "FP64"}`)), -1, limits)
		if err != nil {
			t.Fatal(err)
		}
		raw := r.Message.GetRawInputContents()
		single := math.Float32frombits(binary.LittleEndian.Uint32(raw[0]))
		double := math.Float64frombits(binary.LittleEndian.Uint64(raw[1]))
		if single == single || double == double {
			t.Errorf("%s became %v and %v, want NaN", missing, single, double)
		}
		if infinite := math.Float64frombits(binary.LittleEndian.Uint64(raw[1][8:])); !math.IsInf(infinite, -1) {
			t.Errorf("-Infinity became %v", infinite)
		}
	}
}

func TestRequest(t *testing.T) {
	r, err := Decode([]byte(`{
		"id": "42",
		"parameters": {"binary_data_output": true, "flag": true, "count": -3, "big": 18446744073709551615, "ratio": 0.5, "word": "x", "nothing": null},
		"inputs": [{"name": "x", "shape": [1, 1], "datatype": "INT8", "parameters": {"tag": 1}, "data": [1]}],
		"outputs": [{"name": "predict", "parameters": {"binary_data": false, "top": 2}}, {"name": "predict_proba"}],
		"unknown": [{}]
	}`), -1, limits)
	if err != nil {
		t.Fatal(err)
	}
	var want inference.ModelInferRequest
	if err := protojson.Unmarshal([]byte(`{
		"id": "42",
		"parameters": {"flag": {"boolParam": true}, "count": {"int64Param": "-3"}, "big": {"uint64Param": "18446744073709551615"}, "ratio": {"doubleParam": 0.5}, "word": {"stringParam": "x"}},
		"inputs": [{"name": "x", "shape": ["1", "1"], "datatype": "INT8", "parameters": {"tag": {"int64Param": "1"}}}],
		"outputs": [{"name": "predict", "parameters": {"top": {"int64Param": "2"}}}, {"name": "predict_proba"}],
		"rawInputContents": ["AQ=="]
	}`), &want); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(r.Message, &want) {
		t.Errorf("got %v\nwant %v", r.Message, &want)
	}
}

func TestBinary(t *testing.T) {
	head := `{"inputs": [
		{"name": "a", "shape": [2], "datatype": "INT16", "parameters": {"binary_data_size": 4}},
		{"name": "b", "shape": [1], "datatype": "INT8", "data": [7]},
		{"name": "c", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 5}}]}`
	r, err := Decode([]byte(head+"\x01\x00\x02\x00\x01\x00\x00\x00z"), len(head), limits)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{{1, 0, 2, 0}, {7}, []byte("\x01\x00\x00\x00z")}
	if got := r.Message.GetRawInputContents(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if p := r.Message.GetInputs()[0].GetParameters(); len(p) != 0 {
		t.Errorf("binary_data_size went on to predict: %v", p)
	}
}

func TestRefused(t *testing.T) {
	input := func(shape, datatype, data string) string {
		return one(`{"name": "x", "shape": ` + shape + `, "datatype": "` + datatype + `", "data": ` + data + `}`)
	}
	for _, c := range []struct{ body, want string }{
		{``, `at byte 0: expected '{' to start a request; the text ends`},
		{`{}`, `the request has no "inputs"`},
		{`{"inputs": []}`, `the request has no "inputs"`},
		{`{"inputs": {}}`, `at byte 11: expected '[' to start a list; found an object`},
		{`{"id": 3}`, `expected a string as "id"; found a number`},
		{one(`{"shape": [1], "datatype": "INT8", "data": [1]}`), `inputs[0] has no "name"`},
		{one(`{"name": "x", "datatype": "INT8", "data": [1]}`), `input "x": it has no "shape"`},
		{one(`{"name": "x", "shape": [1], "data": [1]}`), `input "x": it has no "datatype"`},
		{one(`{"name": "x", "shape": [1], "datatype": "INT8"}`), `input "x": it has neither "data" nor "binary_data_size"`},
		{one(`{"name": "x", "shape": [-1], "datatype": "INT8", "data": [1]}`), `"shape" has the negative dimension -1`},
		{input(`[1]`, "FLOAT", `[1]`), `input "x": datatype "FLOAT"; expected BOOL`},
		{input(`[1]`, "FP16", `[1]`), `input "x": FP16 is accepted as binary data only`},
		{input(`[3]`, "INT8", `[1, 2]`), `input "x": "shape" [3] has 3 elements, but "data" has 2`},
		{input(`[2, 9223372036854775807]`, "INT8", `[]`), `is too large`},
		{input(`[1]`, "INT8", `[1, 2]`), `input "x": "data" has more values than the 1 of its "shape"`},
		{input(`[2, 2]`, "INT8", `[[1, 2, 3], [4]]`), `input "x": "data" has lists of 3 and of 1 values on the same level`},
		{input(`[2, 3]`, "INT8", `[[1, 2], [3, 4], [5, 6]]`), `"data" is nested as [3 2], which is not its "shape" [2 3]`},
		{input(`[2]`, "INT8", `[1, [2]]`), `"data" mixes values and lists`},
		{input(`[2]`, "INT8", `[[1], 2]`), `"data" mixes values and lists`},
		{input(`[1]`, "INT8", `[128]`), `128 is not an integer of 8 bits`},
		{input(`[1]`, "UINT8", `[-1]`), `-1 is not an unsigned integer of 8 bits`},
		{input(`[1]`, "INT64", `[1.5]`), `1.5 is not an integer of 64 bits`},
		{input(`[1]`, "BOOL", `["yes"]`), `expected true or false; found a string`},
		{input(`[1]`, "BYTES", `[1]`), `expected a string; found a number`},
		{input(`[1]`, "FP32", `[1e39]`), `1e39 is out of the range of a float32`},
		{input(`[1]`, "INT8", `[NaN]`), `expected a number`},
		{input(`[1]`, "FP64", `[Nan]`), `expected a value`},
		{input(`[2, 2]`, "INT8", `[1, 2, null, 4]`), `INT8 of several columns cannot be null`},
		{one(`{"name": "x", "shape": [1], "datatype": "INT8", "data": [1], "parameters": {"binary_data_size": 1}}`), `it has "data" and "binary_data_size"`},
		{one(`{"name": "x", "shape": [1], "datatype": "INT8", "parameters": {"binary_data_size": 1}}`), `binary_data_size is 1, but only 0 bytes are left`},
		{one(`{"name": "x", "shape": [1], "datatype": "INT8", "parameters": {"binary_data_size": "1"}}`), `parameter binary_data_size: expected a number of bytes`},
		{`{"parameters": {"binary_data_output": 1}}`, `parameter binary_data_output: expected true or false`},
		{`{"parameters": {"x": [1]}}`, `expected a boolean, a number or a string as parameter "x"; found an array`},
		{input(`[1]`, "INT8", `[1]`) + "x", `expected the end; found 'x'`},
	} {
		_, err := Decode([]byte(c.body), -1, limits)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got: %v\nwant: %s", c.body, err, c.want)
		}
	}
	if _, err := Decode([]byte(`{}`), 3, limits); err == nil || !strings.Contains(err.Error(), "Inference-Header-Content-Length is 3, but the body has 2 bytes") {
		t.Errorf("got %v", err)
	}
	whole := input(`[1]`, "INT8", `[1]`)
	if _, err := Decode([]byte(whole+"\x01"), len(whole), limits); err == nil || !strings.Contains(err.Error(), "1 bytes of binary data belong to no input") {
		t.Errorf("got %v", err)
	}
}

// limits of the tests.
var limits = Limits{Rows: 1000, Cells: 5000}

// What is small as JSON and large in memory is refused before it is built.
func TestTooLarge(t *testing.T) {
	input := func(shape, values string) string {
		return `{"name": "x", "datatype": "FP64", "shape": ` + shape + `, "data": [` + values + `]}`
	}
	parameters := strings.TrimSuffix(strings.Repeat(`"p": 1,`, maxParameters), ",")
	for _, c := range []struct{ body, want string }{
		{one(input(`[1001]`, ``)), `input "x": 1001 rows; at most 1000 are accepted`},
		{one(input(`[1000, 6]`, ``)), `input "x": "shape" [1000 6] has more values than are accepted in JSON`},
		{one(input(`[2, 2000]`, strings.Repeat("1,", 3999)+"1") + "," + input(`[1, 1001]`, `1`)), `"shape" [1 1001] has more values`},
		{`{"parameters": {` + parameters + `}, "outputs": [{"name": "y", "parameters": {"q": 1}}]}`, `more than 1024 parameters`},
	} {
		_, err := Decode([]byte(c.body), -1, limits)
		var known *Error
		if !errors.As(err, &known) || !known.TooLarge || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.100s\n got: %v\nwant: %s", c.body, err, c.want)
		}
	}
	if _, err := Decode([]byte(`{"parameters": {`+parameters+`}, "inputs": [`+input(`[1000, 5]`, strings.Repeat("1,", 4999)+"1")+`]}`), -1, limits); err != nil {
		t.Errorf("as large as is accepted: %v", err)
	}
}

func response() *inference.ModelInferResponse {
	le := binary.LittleEndian
	out := func(name, datatype string, shape ...int64) *inference.ModelInferResponse_InferOutputTensor {
		return &inference.ModelInferResponse_InferOutputTensor{Name: name, Datatype: datatype, Shape: shape}
	}
	return &inference.ModelInferResponse{
		ModelName: "m", ModelVersion: "3", Id: "42",
		Outputs: []*inference.ModelInferResponse_InferOutputTensor{
			out("double", "FP64", 2), out("single", "FP32", 1), out("half", "FP16", 4), out("long", "INT64", 1),
			out("byte", "INT8", 1), out("unsigned", "UINT64", 1), out("bool", "BOOL", 2), out("text", "BYTES", 2),
		},
		RawOutputContents: [][]byte{
			le.AppendUint64(le.AppendUint64(nil, math.Float64bits(0.1)), math.Float64bits(math.NaN())),
			le.AppendUint32(nil, math.Float32bits(0.1)),
			{0x00, 0x3c, 0x01, 0x80, 0xff, 0x7b, 0x00, 0x7c}, // 1, -2^-24, 65504, Inf
			le.AppendUint64(nil, 1<<63+1),
			{0xff}, le.AppendUint64(nil, math.MaxUint64), {1, 0},
			[]byte("\x05\x00\x00\x00caf\xc3\xa9\x00\x00\x00\x00"),
		},
	}
}

func TestAppendResponse(t *testing.T) {
	r := &Request{}
	got, n, err := r.AppendResponse(nil, response())
	if err != nil || n != -1 {
		t.Fatal(n, err)
	}
	want := `{"model_name":"m","model_version":"3","id":"42","outputs":[` +
		`{"name":"double","datatype":"FP64","shape":[2],"data":[0.1,null]},` +
		`{"name":"single","datatype":"FP32","shape":[1],"data":[0.10000000149011612]},` +
		`{"name":"half","datatype":"FP16","shape":[4],"data":[1,-5.960464477539063e-08,65504,null]},` +
		`{"name":"long","datatype":"INT64","shape":[1],"data":[-9223372036854775807]},` +
		`{"name":"byte","datatype":"INT8","shape":[1],"data":[-1]},` +
		`{"name":"unsigned","datatype":"UINT64","shape":[1],"data":[18446744073709551615]},` +
		`{"name":"bool","datatype":"BOOL","shape":[2],"data":[true,false]},` +
		`{"name":"text","datatype":"BYTES","shape":[2],"data":["café",""]}]}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if !json.Valid(got) {
		t.Error("it is not JSON")
	}
}

// An output's own binary_data wins over the request's binary_data_output.
func TestAppendBinaryResponse(t *testing.T) {
	m := response()
	m.Outputs, m.RawOutputContents = m.Outputs[3:6], m.RawOutputContents[3:6]
	for _, c := range []struct {
		request *Request
		want    string
		tail    []byte
	}{
		{&Request{binaryOutput: true, binary: map[string]bool{"byte": false}},
			`{"name":"byte","datatype":"INT8","shape":[1],"data":[-1]}`, append(m.RawOutputContents[0], m.RawOutputContents[2]...)},
		{&Request{binary: map[string]bool{"byte": true}},
			`{"name":"byte","datatype":"INT8","shape":[1],"parameters":{"binary_data_size":1}}`, m.RawOutputContents[1]},
	} {
		got, n, err := c.request.AppendResponse(nil, m)
		if err != nil || !json.Valid(got[:n]) || !strings.Contains(string(got[:n]), c.want) || string(got[n:]) != string(c.tail) {
			t.Errorf("got %q, %d, %v", got, n, err)
		}
	}
}

// What predict answers is checked, too: a wrong number must not be served.
func TestBrokenResponse(t *testing.T) {
	for name, breakIt := range map[string]func(*inference.ModelInferResponse){
		"a missing tensor": func(m *inference.ModelInferResponse) { m.RawOutputContents = m.RawOutputContents[1:] },
		"a short tensor":   func(m *inference.ModelInferResponse) { m.RawOutputContents[0] = m.RawOutputContents[0][:9] },
		"a wrong shape":    func(m *inference.ModelInferResponse) { m.Outputs[0].Shape = []int64{3} },
		"a wrong datatype": func(m *inference.ModelInferResponse) { m.Outputs[0].Datatype = "FP8" },
		"a cut string":     func(m *inference.ModelInferResponse) { m.RawOutputContents[7] = []byte("\x05\x00\x00\x00ca") },
		"no text": func(m *inference.ModelInferResponse) {
			m.RawOutputContents[7] = []byte("\x01\x00\x00\x00\xff\x00\x00\x00\x00")
		},
	} {
		m := response()
		breakIt(m)
		if got, _, err := new(Request).AppendResponse(nil, m); err == nil {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// FuzzDecode: whatever comes, Decode returns, and what it accepts has as many
// raw contents as inputs, as large as the shapes promise.
func FuzzDecode(f *testing.F) {
	head := one(`{"name": "a", "shape": [2], "datatype": "INT16", "parameters": {"binary_data_size": 4}}`)
	f.Add([]byte(head+"\x01\x00\x02\x00"), len(head))
	f.Add([]byte(one(`{"name": "x", "shape": [2, 1], "datatype": "BYTES", "data": [["a"], [null]]}`)), -1)
	f.Add([]byte(one(`{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, null], [2.5, 1e3]]}`)), -1)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		r, err := Decode(body, n, limits)
		if err != nil {
			return
		}
		if n < 0 && !json.Valid(body) {
			t.Fatalf("%q: accepted", body)
		}
		m := r.Message
		if len(m.GetInputs()) == 0 || len(m.GetInputs()) != len(m.GetRawInputContents()) {
			t.Fatalf("%d inputs, %d raw contents", len(m.GetInputs()), len(m.GetRawInputContents()))
		}
		for i, in := range m.GetInputs() {
			d := datatypes[in.GetDatatype()]
			elements := int64(1)
			for _, dimension := range in.GetShape() {
				elements *= dimension
			}
			if n < 0 && d.width > 0 && int64(len(m.GetRawInputContents()[i])) != elements*int64(d.width) {
				t.Fatalf("input %d of shape %v has %d bytes", i, in.GetShape(), len(m.GetRawInputContents()[i]))
			}
		}
		if _, err := proto.Marshal(m); err != nil {
			t.Fatal(err)
		}
	})
}

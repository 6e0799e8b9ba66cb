package server

import (
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// The datatypes of the protocol.
const (
	typeBool   = "BOOL"
	typeInt8   = "INT8"
	typeInt16  = "INT16"
	typeInt32  = "INT32"
	typeInt64  = "INT64"
	typeUint8  = "UINT8"
	typeUint16 = "UINT16"
	typeUint32 = "UINT32"
	typeUint64 = "UINT64"
	typeFP16   = "FP16"
	typeFP32   = "FP32"
	typeFP64   = "FP64"
	typeBytes  = "BYTES"
)

// widths are the bytes an element takes in raw contents. BYTES elements vary.
var widths = map[string]int{
	typeBool: 1, typeInt8: 1, typeInt16: 2, typeInt32: 4, typeInt64: 8,
	typeUint8: 1, typeUint16: 2, typeUint32: 4, typeUint64: 8,
	typeFP16: 2, typeFP32: 4, typeFP64: 8, typeBytes: 0,
}

// A tensor is an input whose form has been checked: its shape fits its data.
type tensor struct {
	name     string
	datatype string
	rows     int
	columns  int // 1 of a shape [n]
	shape    []int64
	contents *inference.InferTensorContents // nil where raw is used
	raw      []byte
	isRaw    bool
	missing  []uint32 // rows whose value is missing
}

// missingParameter names the parameter of an input of one column that lists
// the rows whose value is missing: ascending numbers, separated by commas.
// What the tensor holds there is ignored. Where the datatype is a floating
// one, NaN says the same.
const missingParameter = "missing"

// newTensor checks the i-th input of a request.
func newTensor(req *inference.ModelInferRequest, i, maxRows int) (*tensor, error) {
	in := req.GetInputs()[i]
	t := &tensor{name: in.GetName(), datatype: in.GetDatatype(), shape: in.GetShape(), contents: in.GetContents()}
	width, known := widths[t.datatype]
	if !known {
		return nil, t.invalid("datatype is %q; expected BOOL, INT8 to INT64, UINT8 to UINT64, FP16, FP32, FP64 or BYTES", shorten(t.datatype))
	}
	if len(req.GetRawInputContents()) > 0 {
		t.isRaw, t.raw = true, req.GetRawInputContents()[i]
		if contentsField(t.contents) != "" {
			return nil, t.invalid("it has contents and raw_input_contents; expected one of them")
		}
	}
	if err := t.dimensions(maxRows); err != nil {
		return nil, err
	}
	// No overflow: rows and columns are bounded by what the message holds.
	elements := t.rows * t.columns
	if t.isRaw {
		if width > 0 && len(t.raw) != elements*width {
			return nil, t.invalid("its shape %v of %s takes %d bytes, but raw_input_contents has %d", t.shape, t.datatype, elements*width, len(t.raw))
		}
	} else if err := t.checkContents(elements); err != nil {
		return nil, err
	}
	return t, t.readMissing(in.GetParameters()[missingParameter])
}

func (t *tensor) invalid(format string, args ...any) error {
	return invalidRequest("input %q: "+format, append([]any{shorten(t.name)}, args...)...)
}

// maxColumns bounds the second dimension before it is compared with the model.
const maxColumns = 1 << 20

// dimensions reads the shape: [n] or [n, columns].
func (t *tensor) dimensions(maxRows int) error {
	if len(t.shape) != 1 && len(t.shape) != 2 {
		return t.invalid("its shape is %v; expected [rows] or [rows, columns]", t.shape[:min(len(t.shape), 10)])
	}
	for _, d := range t.shape {
		if d < 0 {
			return t.invalid("its shape %v has a negative dimension", t.shape)
		}
	}
	if err := checkRows(uint64(t.shape[0]), maxRows); err != nil {
		return t.invalid("%v", err)
	}
	t.rows, t.columns = int(t.shape[0]), 1
	if len(t.shape) == 2 {
		if t.shape[1] < 1 || t.shape[1] > maxColumns {
			return t.invalid("its shape %v has %d columns; expected 1 to %d", t.shape, t.shape[1], maxColumns)
		}
		t.columns = int(t.shape[1])
	}
	return nil
}

// contentsFields says which field of typed contents a datatype uses. FP16 has
// none.
var contentsFields = map[string]string{
	typeBool: "bool_contents", typeInt8: "int_contents", typeInt16: "int_contents", typeInt32: "int_contents",
	typeInt64: "int64_contents", typeUint8: "uint_contents", typeUint16: "uint_contents", typeUint32: "uint_contents",
	typeUint64: "uint64_contents", typeFP32: "fp32_contents", typeFP64: "fp64_contents", typeBytes: "bytes_contents",
}

// contentsField returns the one field that is filled, "" if none is, and
// "several fields".
func contentsField(c *inference.InferTensorContents) string {
	field := ""
	for _, f := range []struct {
		name string
		n    int
	}{
		{"bool_contents", len(c.GetBoolContents())}, {"int_contents", len(c.GetIntContents())},
		{"int64_contents", len(c.GetInt64Contents())}, {"uint_contents", len(c.GetUintContents())},
		{"uint64_contents", len(c.GetUint64Contents())}, {"fp32_contents", len(c.GetFp32Contents())},
		{"fp64_contents", len(c.GetFp64Contents())}, {"bytes_contents", len(c.GetBytesContents())},
	} {
		if f.n > 0 && field != "" {
			return "several fields"
		}
		if f.n > 0 {
			field = f.name
		}
	}
	return field
}

func (t *tensor) checkContents(elements int) error {
	want := contentsFields[t.datatype]
	if want == "" {
		return t.invalid("%s is accepted in raw_input_contents only", t.datatype)
	}
	if field := contentsField(t.contents); field != want {
		if field == "" {
			field = "nothing"
		}
		return t.invalid("data of %s belongs into %s, but %s is filled", t.datatype, want, field)
	}
	if n := t.contentsLength(); n != elements {
		return t.invalid("its shape %v has %d elements, but its contents have %d", t.shape, elements, n)
	}
	return nil
}

func (t *tensor) contentsLength() int {
	c := t.contents // of one field only
	return len(c.GetBoolContents()) + len(c.GetIntContents()) + len(c.GetInt64Contents()) + len(c.GetUintContents()) +
		len(c.GetUint64Contents()) + len(c.GetFp32Contents()) + len(c.GetFp64Contents()) + len(c.GetBytesContents())
}

// readMissing reads the parameter.
func (t *tensor) readMissing(p *inference.InferParameter) error {
	if p == nil {
		return nil
	}
	s, ok := p.GetParameterChoice().(*inference.InferParameter_StringParam)
	if !ok {
		return t.invalid("its parameter %s is not a string", missingParameter)
	}
	if t.columns > 1 {
		return t.invalid("its parameter %s is for tensors of one column; send NaN", missingParameter)
	}
	if s.StringParam == "" {
		return nil
	}
	before := -1
	for field := range strings.SplitSeq(s.StringParam, ",") {
		row, err := strconv.Atoi(field)
		if err != nil || row <= before || row >= t.rows {
			return t.invalid("its parameter %s has %q after %d; expected ascending numbers below %d", missingParameter, shorten(field), before, t.rows)
		}
		t.missing = append(t.missing, uint32(row))
		before = row
	}
	return nil
}

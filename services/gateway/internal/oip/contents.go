package oip

import (
	"math"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// contents makes the raw contents of every input: from tail, the binary data
// behind the JSON, in the order of the inputs, or from the data in the JSON.
func (r *reader) contents(tail []byte) error {
	for _, in := range r.inputs {
		m := in.message
		d, known := datatypes[m.GetDatatype()]
		if shape := m.GetShape(); len(shape) > 0 && shape[0] > int64(r.limits.Rows) {
			return tooLarge(m.GetName(), "%d rows; at most %d are accepted", shape[0], r.limits.Rows)
		}
		switch {
		case !known:
			return errorf(m.GetName(), "datatype %q; expected BOOL, INT8 to INT64, UINT8 to UINT64, FP16, FP32, FP64 or BYTES", clip(m.GetDatatype()))
		case in.binarySize >= 0 && in.data >= 0:
			return errorf(m.GetName(), `it has "data" and "binary_data_size"; expected one of them`)
		case in.binarySize > len(tail):
			return errorf(m.GetName(), "binary_data_size is %d, but only %d bytes are left behind the JSON", in.binarySize, len(tail))
		case in.binarySize >= 0:
			r.addRaw(tail[:in.binarySize])
			tail = tail[in.binarySize:]
			continue
		case in.data < 0:
			return errorf(m.GetName(), `it has neither "data" nor "binary_data_size"`)
		}
		if err := r.jsonContents(in, d); err != nil {
			return locate(m.GetName(), err)
		}
	}
	if len(tail) > 0 {
		return errorf("", "%d bytes of binary data belong to no input", len(tail))
	}
	return nil
}

func (r *reader) addRaw(raw []byte) {
	r.request.Message.RawInputContents = append(r.request.Message.RawInputContents, raw)
}

// jsonContents makes raw contents of data in the JSON.
func (r *reader) jsonContents(in input, d datatype) error {
	m := in.message
	if d.name == "FP16" {
		return errorf(m.GetName(), "FP16 is accepted as binary data only")
	}
	elements := int64(1)
	for _, n := range m.GetShape() {
		if n > 0 && elements > math.MaxInt32/n {
			return errorf(m.GetName(), `"shape" %v is too large`, m.GetShape())
		}
		elements *= n
	}
	if elements > int64(r.limits.Cells) {
		return tooLarge(m.GetName(), `"shape" %v has more values than are accepted in JSON`, m.GetShape())
	}
	r.limits.Cells -= int(elements)
	r.lex.Seek(in.data)
	// Data of one element takes at least two bytes of JSON, but a shape can
	// promise anything: it sizes nothing.
	t := tensor{lex: &r.lex, datatype: d, expected: elements, oneColumn: len(m.GetShape()) <= 1 || elements == m.GetShape()[0]}
	if err := t.array(0); err != nil {
		return err
	}
	if int64(t.elements) != elements {
		return errorf(m.GetName(), `"shape" %v has %d elements, but "data" has %d`, m.GetShape(), elements, t.elements)
	}
	if t.depth > 1 && !sameDimensions(m.GetShape(), t.dimensions[:t.depth]) {
		return errorf(m.GetName(), `"data" is nested as %v, which is not its "shape" %v`, t.dimensions[:t.depth], m.GetShape())
	}
	if len(t.missing) > 0 {
		if m.GetParameters()["missing"] != nil {
			return errorf(m.GetName(), `it has null in "data" and a parameter "missing"; expected one of them`)
		}
		if m.Parameters == nil {
			m.Parameters = map[string]*inference.InferParameter{}
		}
		m.Parameters["missing"] = &inference.InferParameter{ParameterChoice: &inference.InferParameter_StringParam{
			StringParam: strings.Join(t.missing, ",")}}
	}
	r.addRaw(t.raw)
	return nil
}

// sameDimensions compares without dimensions of 1, which change no order.
func sameDimensions(shape []int64, nested []int) bool {
	i := 0
	for _, n := range nested {
		if n == 1 {
			continue
		}
		for i < len(shape) && shape[i] == 1 {
			i++
		}
		if i == len(shape) || shape[i] != int64(n) {
			return false
		}
		i++
	}
	for i < len(shape) && shape[i] == 1 {
		i++
	}
	return i == len(shape)
}

// clip keeps what a client sent short in an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

package oip

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

// AppendResponse appends an answer with raw contents as the body that the
// request asked for. It returns the JSON's length where binary tensors follow
// it, else -1.
func (r *Request) AppendResponse(dst []byte, m *inference.ModelInferResponse) (body []byte, jsonLength int, err error) {
	outputs, raw := m.GetOutputs(), m.GetRawOutputContents()
	if len(outputs) != len(raw) {
		return nil, 0, fmt.Errorf("the answer has %d outputs and %d raw contents", len(outputs), len(raw))
	}
	start, anyBinary := len(dst), false
	dst = append(dst, `{"model_name":`...)
	dst = jsonlex.AppendString(dst, m.GetModelName())
	dst = append(dst, `,"model_version":`...)
	dst = jsonlex.AppendString(dst, m.GetModelVersion())
	if id := m.GetId(); id != "" {
		dst = append(dst, `,"id":`...)
		dst = jsonlex.AppendString(dst, id)
	}
	if p := m.GetParameters(); len(p) > 0 {
		dst = append(dst, `,"parameters":{`...)
		dst = append(appendParameters(dst, p), '}')
	}
	dst = append(dst, `,"outputs":[`...)
	for i, o := range outputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		binary, said := r.binary[o.GetName()]
		if !said {
			binary = r.binaryOutput
		}
		anyBinary = anyBinary || binary
		if dst, err = appendOutput(dst, o, raw[i], binary); err != nil {
			return nil, 0, fmt.Errorf("output %q: %w", o.GetName(), err)
		}
	}
	dst = append(dst, "]}"...)
	if !anyBinary {
		return dst, -1, nil
	}
	jsonLength = len(dst) - start
	for i, o := range outputs {
		if binary, said := r.binary[o.GetName()]; binary || !said && r.binaryOutput {
			dst = append(dst, raw[i]...)
		}
	}
	return dst, jsonLength, nil
}

func appendOutput(dst []byte, o *inference.ModelInferResponse_InferOutputTensor, raw []byte, binary bool) ([]byte, error) {
	dst = append(dst, `{"name":`...)
	dst = jsonlex.AppendString(dst, o.GetName())
	dst = append(dst, `,"datatype":`...)
	dst = jsonlex.AppendString(dst, o.GetDatatype())
	dst = append(dst, `,"shape":[`...)
	elements := int64(1)
	for i, n := range o.GetShape() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, n, 10)
		elements *= n
	}
	dst = append(dst, ']')
	parameters := o.GetParameters()
	if binary || len(parameters) > 0 {
		dst = append(dst, `,"parameters":{`...)
		if binary {
			dst = append(dst, `"binary_data_size":`...)
			dst = strconv.AppendInt(dst, int64(len(raw)), 10)
			if len(parameters) > 0 {
				dst = append(dst, ',')
			}
		}
		dst = append(appendParameters(dst, parameters), '}')
	}
	if !binary {
		var err error
		if dst, err = appendData(append(dst, `,"data":[`...), o.GetDatatype(), raw, elements); err != nil {
			return nil, err
		}
		dst = append(dst, ']')
	}
	return append(dst, '}'), nil
}

// appendData appends raw contents as JSON values.
func appendData(dst []byte, name string, raw []byte, elements int64) ([]byte, error) {
	d, known := datatypes[name]
	if !known {
		return nil, fmt.Errorf("unknown datatype %q", name)
	}
	n := int64(0)
	for ; len(raw) > 0; n++ {
		width := d.width
		if d.kind == text {
			if len(raw) < 4 || int64(len(raw)-4) < int64(binary.LittleEndian.Uint32(raw)) {
				return nil, fmt.Errorf("element %d is cut off", n)
			}
			width = 4 + int(binary.LittleEndian.Uint32(raw))
		}
		if len(raw) < width {
			return nil, fmt.Errorf("element %d is cut off", n)
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		element := raw[:width]
		raw = raw[width:]
		if d.kind == text {
			if !utf8.Valid(element[4:]) {
				return nil, fmt.Errorf("element %d is not text", n)
			}
			dst = jsonlex.AppendString(dst, element[4:])
			continue
		}
		dst = appendElement(dst, d, element)
	}
	if n != elements {
		return nil, fmt.Errorf("%d elements, but its shape has %d", n, elements)
	}
	return dst, nil
}

func appendElement(dst []byte, d datatype, element []byte) []byte {
	var b [8]byte
	copy(b[:], element)
	bits := binary.LittleEndian.Uint64(b[:])
	switch d.kind {
	case boolean:
		return strconv.AppendBool(dst, bits != 0)
	case signed:
		unused := 64 - 8*d.width
		return strconv.AppendInt(dst, int64(bits<<unused)>>unused, 10) // the bits are the number
	case unsigned:
		return strconv.AppendUint(dst, bits, 10)
	}
	switch d.width {
	case 2:
		return jsonlex.AppendFloat(dst, float64(halfToSingle(uint16(bits)))) // two bytes
	case 4:
		return jsonlex.AppendFloat(dst, float64(math.Float32frombits(uint32(bits)))) // four bytes
	}
	return jsonlex.AppendFloat(dst, math.Float64frombits(bits))
}

// halfToSingle widens an IEEE 754 half-precision number, exactly.
func halfToSingle(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero and subnormal
		f := math.Float32frombits(0x33800000) * float32(fraction) // 2^-24
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

func appendParameters(dst []byte, m map[string]*inference.InferParameter) []byte {
	first := true
	for name, v := range m {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(jsonlex.AppendString(dst, name), ':')
		switch p := v.GetParameterChoice().(type) {
		case *inference.InferParameter_BoolParam:
			dst = strconv.AppendBool(dst, p.BoolParam)
		case *inference.InferParameter_Int64Param:
			dst = strconv.AppendInt(dst, p.Int64Param, 10)
		case *inference.InferParameter_Uint64Param:
			dst = strconv.AppendUint(dst, p.Uint64Param, 10)
		case *inference.InferParameter_DoubleParam:
			dst = jsonlex.AppendFloat(dst, p.DoubleParam)
		case *inference.InferParameter_StringParam:
			dst = jsonlex.AppendString(dst, p.StringParam)
		default:
			dst = append(dst, "null"...)
		}
	}
	return dst
}

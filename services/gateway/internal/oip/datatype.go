package oip

// A datatype is how the protocol calls a type, and how wide an element is.
type datatype struct {
	name  string
	kind  kind
	width int // in bytes; 0 of BYTES, whose elements carry their length
}

type kind int

const (
	boolean kind = iota
	signed
	unsigned
	floating
	text
)

var datatypes = map[string]datatype{}

func init() {
	for _, d := range []datatype{
		{"BOOL", boolean, 1},
		{"INT8", signed, 1}, {"INT16", signed, 2}, {"INT32", signed, 4}, {"INT64", signed, 8},
		{"UINT8", unsigned, 1}, {"UINT16", unsigned, 2}, {"UINT32", unsigned, 4}, {"UINT64", unsigned, 8},
		{"FP16", floating, 2}, {"FP32", floating, 4}, {"FP64", floating, 8},
		{"BYTES", text, 0},
	} {
		datatypes[d.name] = d
	}
}

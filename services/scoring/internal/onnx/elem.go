package onnx

import (
	"fmt"
	"math"
)

// An elem is the type of a tensor's elements, by its number in TensorProto.
type elem uint8

const (
	float32Elem elem = 1
	uint8Elem   elem = 2 // of constants only
	int32Elem   elem = 6
	int64Elem   elem = 7
	stringElem  elem = 8
	boolElem    elem = 9
	float64Elem elem = 11
)

// elemNames are all types of the format. Tensors here have the six above, and
// constants also the small integers, which attributes use.
var elemNames = map[elem]string{
	1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
	10: "float16", 11: "double", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}

func (e elem) String() string {
	if name, ok := elemNames[e]; ok {
		return name
	}
	return fmt.Sprintf("type %d", uint8(e))
}

// known reports whether tensors of this type can be followed.
func (e elem) known() bool {
	switch e {
	case float32Elem, int32Elem, int64Elem, stringElem, boolElem, float64Elem:
		return true
	}
	return false
}

func (e elem) floating() bool { return e == float32Elem || e == float64Elem }

// round is x as this type stores it; x is the result of one exact operation.
func (e elem) round(x float64) float64 {
	switch e {
	case float32Elem:
		return float64(float32(x))
	case boolElem:
		if x != 0 {
			return 1
		}
		return 0
	case int32Elem, int64Elem:
		return truncate(x, e)
	}
	return x
}

// truncate is how x86-64 converts a number to an integer: towards zero, and
// what does not fit, or is NaN, becomes the least integer.
func truncate(x float64, e elem) float64 {
	limit := 0x1p63
	if e == int32Elem {
		limit = 0x1p31
	}
	if x != x || x >= limit || x <= -limit-1 {
		return -limit
	}
	return math.Trunc(x)
}

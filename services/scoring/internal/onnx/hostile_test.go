package onnx

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// bytesField is a field of bytes in a protobuf message.
func bytesField(number int, data ...string) string {
	all := strings.Join(data, "")
	return string(binary.AppendUvarint([]byte{byte(number<<3 | 2)}, uint64(len(all)))) + all
}

// A file that doubles a tensor with each of its nodes is refused before it has
// taken much memory.
func TestDoubling(t *testing.T) {
	var nodes []string
	for i := range 60 {
		in := fmt.Sprint("t", i)
		nodes = append(nodes, bytesField(1, bytesField(1, in), bytesField(1, in), bytesField(2, fmt.Sprint("t", i+1)), bytesField(4, "Concat")))
	}
	dimension := func(n byte) string { return bytesField(1, "\x08"+string([]byte{n})) }
	tensorType := bytesField(1, "\x08\x01", bytesField(2, bytesField(1), dimension(2)))
	input := bytesField(11, bytesField(1, "t0"), bytesField(2, tensorType))
	output := bytesField(12, bytesField(1, "t60"))
	data := "\x08\x08" + bytesField(7, strings.Join(nodes, ""), input, output)
	if _, err := Read([]byte(data)); err == nil || !strings.Contains(err.Error(), "elements") {
		t.Errorf("got %v, want an error that tells of elements", err)
	}
}

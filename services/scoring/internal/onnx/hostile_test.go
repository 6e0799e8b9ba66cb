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

// Trees whose leaves have weights for few of the targets that they claim are
// refused before each leaf holds a value for every one.
func TestClaims(t *testing.T) {
	attribute := func(name string, numbers ...int) string {
		values := ""
		for _, x := range numbers {
			values += "\x40" + string(binary.AppendUvarint(nil, uint64(x)))
		}
		return bytesField(5, bytesField(1, name), values)
	}
	const trees = 100
	lists := map[string][]int{}
	modes, weights, values := "", "", ""
	for tree := range trees {
		for node := range 3 {
			for name, x := range map[string]int{"treeids": tree, "nodeids": node, "featureids": 0, "truenodeids": min(1, 1-min(node, 1)), "falsenodeids": 2 * (1 - min(node, 1))} {
				lists["nodes_"+name] = append(lists["nodes_"+name], x)
			}
			values += "\x3d\x00\x00\x00\x00"
		}
		modes += bytesField(9, "BRANCH_LEQ") + bytesField(9, "LEAF") + bytesField(9, "LEAF")
		for leaf := range 2 {
			for name, x := range map[string]int{"treeids": tree, "nodeids": leaf + 1, "ids": 40*tree + leaf} {
				lists["target_"+name] = append(lists["target_"+name], x)
			}
			weights += "\x3d\x00\x00\x80\x3f"
		}
	}
	attributes := bytesField(5, bytesField(1, "nodes_modes"), modes) + bytesField(5, bytesField(1, "target_weights"), weights) +
		bytesField(5, bytesField(1, "nodes_values"), values) + bytesField(5, bytesField(1, "n_targets"), "\x18\x80\x20")
	for name, list := range lists {
		attributes += attribute(name, list...)
	}
	node := bytesField(1, bytesField(1, "X"), bytesField(2, "Y"), bytesField(4, "TreeEnsembleRegressor"), bytesField(7, "ai.onnx.ml"), attributes)
	dimension := func(n byte) string { return bytesField(1, "\x08"+string([]byte{n})) }
	tensorType := bytesField(1, "\x08\x01", bytesField(2, bytesField(1), dimension(2)))
	data := "\x08\x08" + bytesField(7, node, bytesField(11, bytesField(1, "X"), bytesField(2, tensorType)), bytesField(12, bytesField(1, "Y")))
	if _, err := Read([]byte(data)); err == nil || !strings.Contains(err.Error(), "weights for few of 4096 targets") {
		t.Errorf("got %v, want an error that tells of targets", err)
	}
}

package onnx

import (
	"cmp"
	"fmt"
)

// Limits of a graph, far above what tabular pipelines have.
const (
	maxNodes      = 1 << 16
	maxAttributes = 1 << 8 // of a node
	maxValues     = 1 << 16
	maxRank       = 8
	maxElements   = 1 << 18 // of a tensor that an operator makes, for a row
	maxComputed   = 1 << 22 // of all of them together
)

// A file is what a ModelProto holds of interest.
type file struct {
	producer, version string
	opsets            map[string]int64 // by domain; "" is ai.onnx
	graph             graph
}

// A graph is a GraphProto, its nodes in the order of execution.
type graph struct {
	nodes        []node
	initializers []message // TensorProto
	inputs       []valueInfo
	outputs      []valueInfo
}

// A node is a NodeProto. Its attributes are read when they are asked for.
type node struct {
	op, domain, name string
	inputs, outputs  []string
	attributes       map[string]message
	at               int
}

// A valueInfo is a ValueInfoProto of a tensor.
type valueInfo struct {
	name string
	elem elem    // of a tensor, or of what a map holds
	key  elem    // of a map
	dims []int64 // -1 where it is not fixed
	kind string  // "tensor", or what it is instead
}

func parse(data []byte) (*file, error) {
	f := &file{opsets: map[string]int64{}}
	graphs := 0
	err := message{data, 0}.each(func(x field) (err error) {
		switch x.number {
		case 2:
			f.producer, err = x.text()
		case 3:
			f.version, err = x.text()
		case 7:
			if err := x.want(wireBytes); err != nil {
				return err
			}
			if graphs++; graphs > 1 {
				return damage(x.bytes.at, "a second graph")
			}
			err = f.graph.parse(x.bytes)
		case 8:
			err = f.opset(x)
		case 25:
			return unsupported("functions of the model itself")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if graphs == 0 {
		return nil, damage(len(data), "there is no graph")
	}
	return f, nil
}

func (f *file) opset(x field) error {
	if err := x.want(wireBytes); err != nil {
		return err
	}
	domain, version := "", int64(0)
	err := x.bytes.each(func(x field) (err error) {
		switch x.number {
		case 1:
			domain, err = x.text()
		case 2:
			version = int64(x.value)
			err = x.want(wireVarint)
		}
		return err
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	f.opsets[domain] = max(f.opsets[domain], version)
	return err
}

// tested are the newest versions of the operator sets that goldens were made with:
// what an operator of a later one means, nobody here has looked up.
var tested = map[string]int64{"": 26, "ai.onnx.ml": 5}

func (f *file) checkOpsets() error {
	for domain, newest := range tested {
		if v := f.opsets[domain]; v > newest {
			return unsupported(fmt.Sprintf("version %d of the operators of %s", v, cmp.Or(domain, "ai.onnx")))
		}
	}
	return nil
}

func (g *graph) parse(m message) error {
	return m.each(func(x field) error {
		switch x.number {
		case 1, 5, 11, 12, 15:
			if err := x.want(wireBytes); err != nil {
				return err
			}
		}
		switch x.number {
		case 1:
			if len(g.nodes) == maxNodes {
				return damage(x.bytes.at, "more than %d nodes", maxNodes)
			}
			n, err := parseNode(x.bytes)
			g.nodes = append(g.nodes, n)
			return err
		case 5:
			if len(g.initializers) == maxValues {
				return damage(x.bytes.at, "more than %d initializers", maxValues)
			}
			g.initializers = append(g.initializers, x.bytes)
		case 11, 12:
			v, err := parseValueInfo(x.bytes)
			if err != nil {
				return err
			}
			list := &g.inputs
			if x.number == 12 {
				list = &g.outputs
			}
			if len(*list) == maxValues {
				return damage(x.bytes.at, "more than %d inputs or outputs", maxValues)
			}
			*list = append(*list, v)
		case 15:
			return unsupported("a sparse initializer")
		}
		return nil
	})
}

func parseNode(m message) (node, error) {
	n := node{at: m.at, attributes: map[string]message{}}
	err := m.each(func(x field) (err error) {
		var s string
		switch x.number {
		case 1, 2:
			if s, err = x.text(); err != nil {
				return err
			}
			list := &n.inputs
			if x.number == 2 {
				list = &n.outputs
			}
			if len(*list) == maxValues {
				return damage(x.bytes.at, "more than %d inputs or outputs of a node", maxValues)
			}
			*list = append(*list, s)
		case 3:
			n.name, err = x.text()
		case 4:
			n.op, err = x.text()
		case 5:
			err = n.attribute(x)
		case 7:
			n.domain, err = x.text()
		}
		return err
	})
	if n.domain == "ai.onnx" {
		n.domain = ""
	}
	return n, err
}

func (n *node) attribute(x field) error {
	if err := x.want(wireBytes); err != nil {
		return err
	}
	name := ""
	err := x.bytes.each(func(y field) (err error) {
		if y.number == 1 {
			name, err = y.text()
		}
		return err
	})
	switch _, twice := n.attributes[name]; {
	case err != nil:
		return err
	case twice:
		return damage(x.bytes.at, "attribute %q is there twice", name)
	case len(n.attributes) == maxAttributes:
		return damage(x.bytes.at, "more than %d attributes of a node", maxAttributes)
	}
	n.attributes[name] = x.bytes
	return nil
}

// parseValueInfo reads name, element type and shape of an input or output.
func parseValueInfo(m message) (valueInfo, error) {
	v := valueInfo{kind: "value without a type"}
	err := m.each(func(x field) (err error) {
		switch x.number {
		case 1:
			v.name, err = x.text()
		case 2:
			if err = x.want(wireBytes); err == nil {
				err = v.parseType(x.bytes)
			}
		}
		return err
	})
	return v, err
}

func (v *valueInfo) parseType(m message) error {
	return m.each(func(x field) error {
		switch x.number {
		case 4:
			v.kind = "sequence"
		case 5:
			v.kind = "map"
			if err := x.want(wireBytes); err != nil {
				return err
			}
			return v.parseMap(x.bytes)
		case 8:
			v.kind = "sparse tensor"
		case 9:
			v.kind = "optional"
		case 1:
			v.kind = "tensor"
			if err := x.want(wireBytes); err != nil {
				return err
			}
			return x.bytes.each(func(y field) error {
				switch y.number {
				case 1:
					v.elem = elem(min(y.value, 255))
					return y.want(wireVarint)
				case 2:
					if err := y.want(wireBytes); err != nil {
						return err
					}
					return y.bytes.each(v.dimension)
				}
				return nil
			})
		}
		return nil
	})
}

// parseMap reads the types of a map's keys and of its values, where they are tensors.
func (v *valueInfo) parseMap(m message) error {
	return m.each(func(x field) error {
		switch x.number {
		case 1:
			v.key = elem(min(x.value, 255))
			return x.want(wireVarint)
		case 2:
			if err := x.want(wireBytes); err != nil {
				return err
			}
			var value valueInfo
			err := value.parseTensorType(x.bytes)
			v.elem = value.elem
			return err
		}
		return nil
	})
}

// parseTensorType reads the elements' type of a TypeProto that is a tensor's; of
// another it stays 0.
func (v *valueInfo) parseTensorType(m message) error {
	return m.each(func(x field) error {
		if x.number != 1 {
			return nil
		}
		if err := x.want(wireBytes); err != nil {
			return err
		}
		return x.bytes.each(func(y field) error {
			if y.number != 1 {
				return nil
			}
			v.elem = elem(min(y.value, 255))
			return y.want(wireVarint)
		})
	})
}

// dimension reads one dimension of a shape.
func (v *valueInfo) dimension(x field) error {
	if x.number != 1 {
		return nil
	}
	if err := x.want(wireBytes); err != nil {
		return err
	}
	if len(v.dims) == maxRank {
		return damage(x.bytes.at, "more than %d dimensions", maxRank)
	}
	size := int64(-1)
	err := x.bytes.each(func(y field) error {
		if y.number == 1 && int64(y.value) > 0 { // 0 stands for an unknown size in old files
			size = int64(y.value)
			return y.want(wireVarint)
		}
		return nil
	})
	v.dims = append(v.dims, size)
	return err
}

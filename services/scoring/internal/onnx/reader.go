package onnx

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A reader follows a graph and writes the model.
type reader struct {
	file   *file
	model  model.Model
	values map[string]*tensor // by name, as far as the graph was followed
	inputs []elem             // by feature: its type
	// computed counts the elements of all results, so that a small file cannot ask
	// for many large ones.
	computed  int
	looked    int                         // the numbers in tables of vectors, counted once for each index of a row
	ranks     map[model.Column]int        // of how many elements the columns that an ArgMax yields are places
	made      map[model.Step]model.Column // by a step without its output: the column it defines
	estimates map[*node][]cell            // the raw scores of those that are steps
}

// Sniff tells whether a file may be an ONNX model: a ModelProto begins with its
// version and then a text or a message.
func Sniff(prefix []byte) bool {
	return len(prefix) > 2 && prefix[0] == 0x08 && prefix[1] < 0x20 &&
		(prefix[2] == 0x12 || prefix[2] == 0x1a || prefix[2] == 0x22 || prefix[2] == 0x3a || prefix[2] == 0x42)
}

// Read reads a model. Damaged bytes give a [model.FormatError], what cannot be
// followed exactly a [model.UnsupportedError].
func Read(data []byte) (*model.Model, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	r := &reader{file: f, values: map[string]*tensor{},
		made: map[model.Step]model.Column{}, estimates: map[*node][]cell{}, ranks: map[model.Column]int{}}
	r.model.Source = model.Source{Format: "onnx", Library: "onnxruntime", Embedded: map[string]string{}}
	if err := f.checkOpsets(); err != nil {
		return nil, err
	}
	needed, err := r.needed()
	if err != nil {
		return nil, err
	}
	if err := r.start(needed); err != nil {
		return nil, err
	}
	r.describe(needed)
	for _, n := range needed {
		if err := r.follow(n); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if err := r.model.Validate(); err != nil {
		return nil, &model.FormatError{Format: "onnx", Offset: -1, What: err.Error()}
	}
	return &r.model, nil
}

// needed are the nodes that the outputs depend on. It refuses operators that
// are not followed, all of them in one error.
func (r *reader) needed() ([]*node, error) {
	g := &r.file.graph
	wanted := map[string]bool{}
	for _, o := range g.outputs {
		wanted[o.name] = true
	}
	var nodes []*node
	missing := map[string]bool{}
	for _, n := range slices.Backward(g.nodes) {
		if !slices.ContainsFunc(n.outputs, func(o string) bool { return wanted[o] }) {
			continue
		}
		for _, i := range n.inputs {
			wanted[i] = true
		}
		if _, ok := operators[n.key()]; !ok {
			missing[n.key()] = true
		}
		nodes = append(nodes, &n)
	}
	if len(missing) > 0 {
		var names []string
		for name := range missing {
			names = append(names, quoteOperator(name))
		}
		slices.Sort(names)
		what := "the ONNX operator "
		if len(names) > 1 {
			what = "of the ONNX operators, each of "
		}
		return nil, unsupported(what + strings.Join(names, ", "))
	}
	slices.Reverse(nodes)
	return nodes, nil
}

// key names an operator: its domain, if it is not that of ONNX itself, and its
// name.
func (n *node) key() string {
	if n.domain == "" {
		return n.op
	}
	return n.domain + "." + n.op
}

// quoteOperator shows the name of an operator as it is, if it looks like one.
func quoteOperator(s string) string {
	odd := func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '.' && c != '_'
	}
	if s == "" || len(s) > 100 || strings.ContainsFunc(s, odd) {
		return quote(s)
	}
	return s
}

// start makes the tensors of the initializers and the inputs.
func (r *reader) start(needed []*node) error {
	g := &r.file.graph
	for _, m := range g.initializers {
		name, t, err := parseTensor(m)
		if err != nil {
			return err
		}
		if r.values[name] != nil {
			return damage(m.at, "initializer %s is there twice", quote(name))
		}
		r.values[name] = t
	}
	var inputs []valueInfo
	for _, v := range g.inputs {
		if r.values[v.name] == nil { // old files list initializers, too
			inputs = append(inputs, v)
		}
	}
	r.model.Named = len(inputs) > 1 // an input with all columns has no names for them
	for _, v := range inputs {
		if len(inputs) == 1 && v.kind == "map" {
			if err := r.dictionary(&v, needed); err != nil {
				return err
			}
			r.model.Named = true
			continue
		}
		if err := r.input(&v); err != nil {
			return err
		}
	}
	r.model.Columns = len(r.model.Features)
	return nil
}

// input makes the features of an input: one a column, named by the input and,
// where it has several, their number.
func (r *reader) input(v *valueInfo) error {
	what := "the input " + quote(v.name)
	switch {
	case v.kind != "tensor":
		return unsupported(what + ", which is a " + v.kind)
	case !v.elem.known() || v.elem == boolElem:
		return unsupported(what + " of " + v.elem.String() + "s")
	case len(v.dims) > 2 || len(v.dims) == 0:
		return unsupported(what + " of " + strconv.Itoa(len(v.dims)) + " dimensions")
	case len(v.dims) == 2 && (v.dims[1] < 1 || v.dims[1] > model.MaxColumns):
		return unsupported(what + " of which the number of columns is not told")
	case r.values[v.name] != nil:
		return damage(0, "input %s is there twice", quote(v.name))
	}
	t := &tensor{elem: v.elem, dims: []int{rowsDim}}
	columns := 1
	if len(v.dims) == 2 {
		columns = int(v.dims[1])
		t.dims = append(t.dims, columns)
	}
	for i := range columns {
		f := model.Feature{Name: v.name}
		if v.elem == stringElem {
			f.Kind = model.String
		}
		if columns > 1 {
			f.Name = v.name + "_" + strconv.Itoa(i)
		}
		c := model.Column(len(r.model.Features))
		switch v.elem {
		case stringElem:
			r.add(model.Require{In: c, By: "the input of strings", NoMissing: true})
		case int32Elem, int64Elem:
			r.add(model.Whole{In: c, By: "the input of integers"})
		}
		t.cells = append(t.cells, at(c))
		r.model.Features = append(r.model.Features, f)
		r.inputs = append(r.inputs, v.elem)
	}
	r.values[v.name] = t
	return nil
}

// follow computes the outputs of one node.
func (r *reader) follow(n *node) error {
	o := operators[n.key()]
	in := make([]*tensor, max(len(n.inputs), o.inputs))
	for i, name := range n.inputs {
		if name == "" {
			continue // an optional input that is left out
		}
		if in[i] = r.values[name]; in[i] == nil {
			return n.fail("the input %s is not defined before", quote(name))
		}
	}
	for i := range o.inputs {
		if in[i] == nil {
			return n.fail("it has no input %d", i)
		}
	}
	out, err := o.follow(r, n, in)
	if err != nil {
		return err
	}
	for _, t := range out {
		r.computed += size(t.dims)
	}
	if r.computed > maxComputed || r.model.Columns > model.MaxColumns {
		return n.refuse("more than %d elements or %d columns so far", maxComputed, model.MaxColumns)
	}
	for i, name := range n.outputs {
		if name == "" {
			continue
		}
		if i >= len(out) {
			return n.refuse("the output %d", i)
		}
		if r.values[name] != nil {
			return n.fail("the output %s is defined twice", quote(name))
		}
		r.values[name] = out[i]
	}
	return nil
}

// column makes a new column.
func (r *reader) column() model.Column {
	r.model.Columns++
	return model.Column(r.model.Columns - 1)
}

func (r *reader) add(s model.Step) { r.model.Steps = append(r.model.Steps, s) }

// by names who refuses a row.
func (r *reader) by(n *node) string { return n.path() + " (" + n.op + ")" }

// round is a column as its type stores it: a feature of float32s is rounded, unless
// only trees and sums read it, which round by themselves.
func (r *reader) round(c model.Column) model.Column {
	if int(c) >= len(r.inputs) || r.inputs[c] != float32Elem {
		return c
	}
	return r.roundTo(at(c), float32Elem).column
}

// columns are the columns of a tensor of numbers; of raw ones, features of
// float32s are not yet rounded.
func (r *reader) columns(n *node, t *tensor, raw bool) ([]model.Column, error) {
	cells := t.cells
	if t.of != nil || t.table != nil || t.isStrings() || t.constant() || !raw {
		var err error
		if cells, err = r.numbersOf(n, t); err != nil {
			return nil, err
		}
	}
	out := make([]model.Column, len(cells))
	for i, c := range cells {
		if c.constant() {
			c = r.constantColumn(c.number)
		}
		out[i] = c.column
	}
	return out, nil
}

// constantColumn is a column that holds a number in every row: whatever the first
// feature is, missing or not.
func (r *reader) constantColumn(x float64) cell {
	s := model.Choose{Then: model.Operand{Constant: true, Number: x}, Else: model.Operand{Constant: true, Number: x}}
	s.If = r.is(at(0), math.NaN()).column
	return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
}

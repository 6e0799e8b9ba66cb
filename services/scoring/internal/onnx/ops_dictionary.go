package onnx

import (
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// dictionary makes the features of an input that is a map: one for each key that
// the DictVectorizers which read it know. A row without a key, which is a missing
// value, has 0 there. The runtime's Python hands over maps of floats only.
func (r *reader) dictionary(v *valueInfo, nodes []*node) error {
	what := "the input " + quote(v.name)
	var keys *tensor
	for _, n := range nodes {
		for i, in := range n.inputs {
			if in != v.name {
				continue
			}
			if n.key() != "ai.onnx.ml.DictVectorizer" || i != 0 {
				return unsupported(what + ", which is a map, of another operator than DictVectorizer")
			}
			k, err := n.vocabulary()
			if err != nil {
				return err
			}
			if keys != nil && !sameKeys(keys, k) {
				return unsupported(what + ", which is a map, of several vocabularies")
			}
			keys = k
		}
	}
	switch {
	case keys == nil:
		return unsupported(what + ", which is a map that nothing reads")
	case v.key != keys.elem, v.elem != float32Elem:
		return unsupported(what + ", which is a map of " + v.key.String() + "s to " + v.elem.String() + "s")
	}
	t := &tensor{elem: v.elem, dims: []int{rowsDim, size(keys.dims)}}
	for i := range size(keys.dims) {
		name := ""
		if keys.isStrings() {
			name = keys.texts[i]
		} else {
			name = strconv.FormatInt(int64(keys.numbers[i]), 10)
		}
		t.cells = append(t.cells, at(model.Column(len(r.model.Features))))
		r.model.Features = append(r.model.Features, model.Feature{Name: name})
		r.inputs = append(r.inputs, v.elem)
	}
	r.values[v.name] = t
	return nil
}

// vocabulary are the keys of a DictVectorizer, each once.
func (n *node) vocabulary() (*tensor, error) {
	keys, err := n.labels("string_vocabulary", "int64_vocabulary")
	if err != nil {
		return nil, err
	}
	if size(keys.dims) == 0 || size(keys.dims) > model.MaxColumns {
		return nil, n.fail("a vocabulary of %d keys", size(keys.dims))
	}
	seen := map[model.Scalar]bool{}
	for _, s := range keys.scalars() {
		if seen[s] {
			return nil, n.refuse("a key that is there twice")
		}
		seen[s] = true
	}
	return keys, nil
}

func sameKeys(a, b *tensor) bool {
	x, y := a.scalars(), b.scalars()
	same := a.elem == b.elem && len(x) == len(y)
	for i := 0; same && i < len(x); i++ {
		same = x[i] == y[i]
	}
	return same
}

// dictVectorizer is DictVectorizer: the features of a map, in the order of the
// vocabulary, 0 where a key is not there.
func dictVectorizer(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	keys, err := n.vocabulary()
	if err != nil {
		return nil, err
	}
	t := in[0]
	if t.rank() != 2 || t.rowAxis() != 0 || t.dims[1] != size(keys.dims) || t.constant() {
		return nil, n.refuse("an input that is not a map")
	}
	out := make([]cell, len(t.cells))
	for i, c := range t.cells {
		s := model.Impute{In: c.column, Missing: model.Scalar{Missing: true}, Fill: model.Scalar{}}
		c = r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
		out[i] = r.roundTo(c, t.elem)
	}
	return []*tensor{of(t.elem, t.dims, out)}, nil
}

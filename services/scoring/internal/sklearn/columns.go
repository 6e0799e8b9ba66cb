package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// columnTransformer gives each transformer its columns and puts the results
// side by side.
func (r *reader) columnTransformer(o *object, in matrix) (matrix, error) {
	weights, err := o.weights()
	if err != nil {
		return in, err
	}
	sparse := o.flag("sparse_output_", false)
	indices, _ := o.attr("_transformer_to_input_indices")
	resolved, _ := indices.(*pickle.Dict)
	var parts []matrix
	var by []string
	for _, m := range o.members("transformers_", 3) {
		if m.value == "drop" {
			continue
		}
		columns := m.columns
		if resolved != nil {
			if v, ok := resolved.Get(m.name); ok {
				columns = v
			}
		}
		index, err := o.positions(m.name, columns, len(in.cols))
		if err != nil {
			return in, err
		}
		if len(index) == 0 {
			continue // scikit-learn leaves it out, fitted or not
		}
		if !r.spend(len(index)) {
			return in, o.wrong("too many columns")
		}
		part := in
		part.cols = make([]model.Column, len(index))
		part.names = nil
		for i, j := range index {
			part.cols[i] = in.cols[j]
			if in.names != nil {
				part.names = append(part.names, in.names[j])
			}
		}
		if part, err = r.transform(m.value, join(o.path, m.name), part); err != nil {
			return in, err
		}
		if part, err = r.weigh(o, part, weights[m.name]); err != nil {
			return in, err
		}
		parts, by = append(parts, part), append(by, m.name)
	}
	out := hstack(parts)
	out.names = o.together(parts, by)
	if out.sparse = sparse; sparse {
		if err := r.numbers(o, out); err != nil {
			return in, err
		}
		o.detail("sparse output")
	}
	return out, o.err
}

// positions resolves the columns of one transformer: integers, which newer
// versions keep for every selection, or what the author wrote.
func (o *object) positions(name string, columns pickle.Value, n int) ([]int, error) {
	bad := func(v pickle.Value) error {
		return o.wrong("the columns of %q: %s", name, typeName(v))
	}
	if s, ok := columns.(*pickle.Object); ok && s.Class != nil && s.Class.Name == "slice" {
		return nil, o.refuse("a slice of columns in a file of this version", "column names, positions or a mask")
	}
	values, ok := items(columns)
	if !ok {
		values = []pickle.Value{columns}
	}
	if !o.r.spend(len(values)) {
		return nil, o.wrong("too many columns")
	}
	out := make([]int, 0, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case bool: // a mask
			if len(values) != n {
				return nil, o.wrong("the columns of %q: a mask of %d for %d columns", name, len(values), n)
			}
			if v {
				out = append(out, i)
			}
		case int64:
			if v < 0 {
				v += int64(n)
			}
			if v < 0 || v >= int64(n) {
				return nil, o.wrong("the columns of %q: %d of %d", name, v, n)
			}
			out = append(out, int(v))
		case string:
			at, ok := o.named(v)
			if !ok || at >= n {
				return nil, o.wrong("the columns of %q: unknown column %q", name, v)
			}
			out = append(out, at)
		default:
			return nil, bad(v)
		}
	}
	return out, nil
}

// named finds a column by the name it had in training.
func (o *object) named(name string) (int, bool) {
	if !o.has("feature_names_in_") {
		return 0, false
	}
	names, _ := items(o.value("feature_names_in_"))
	if !o.r.spend(len(names)) {
		return 0, false
	}
	for i, v := range names {
		if s, ok := v.(string); ok && s == name {
			return i, true
		}
	}
	return 0, false
}

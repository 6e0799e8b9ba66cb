package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// catboost reads the model of an object of CatBoost: its state has it in the
// binary format.
func (r *reader) catboost(o *object, sparse bool) (*model.Model, error) {
	if r.boosters.CatBoost == nil {
		return nil, o.unsupported()
	}
	raw, ok := o.value("__model").(pickle.Bytes)
	if !ok {
		o.fail("attribute __model is not bytes; is the object fitted?")
	}
	if sparse && o.err == nil {
		return nil, o.refuse("a sparse matrix", "dense ones (sparse_output=False, sparse_threshold=0)")
	}
	if o.err != nil {
		return nil, o.err
	}
	m, err := r.boosters.CatBoost(raw, o.name)
	return m, o.within(err)
}

// moveCategory moves CatBoost's steps: copies, as a file may use a model twice.
func moveCategory(s model.Step, to []model.Column, by string) model.Step {
	switch s := s.(type) {
	case model.Hash:
		return model.Hash{In: to[s.In], Out: to[s.Out]}
	case model.OneHot:
		s.In, s.By, s.Out = to[s.In], by, moveAll(s.Out, to)
		return s
	case *model.Statistic:
		moved := *s
		moved.Hashes, moved.Out = moveAll(s.Hashes, to), moveAll(s.Out, to)
		moved.Above, moved.Equal = slices.Clone(s.Above), slices.Clone(s.Equal)
		for i := range moved.Above {
			moved.Above[i].In = to[s.Above[i].In]
		}
		for i := range moved.Equal {
			moved.Equal[i].In = to[s.Equal[i].In]
		}
		return &moved
	}
	return nil
}

package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// graft appends another model: its features are the columns of a matrix, its
// other columns become new ones, and its estimator and output are the model's.
func (r *reader) graft(o *object, in matrix, m *model.Model) error {
	to := make([]model.Column, m.Columns)
	copy(to, in.cols)
	added, err := r.columns(o, m.Columns-len(in.cols), numeric)
	if err != nil {
		return err
	}
	copy(to[len(in.cols):], added)
	for _, s := range m.Steps {
		moved := move(s, to, o.by())
		if moved == nil {
			return o.wrong("its booster has a step of type %T", s)
		}
		if s, ok := moved.(model.Impute); ok {
			r.kinds[s.Out] = r.kinds[s.In]
		}
		r.step(moved)
	}
	r.m.Estimator, r.m.Output = m.Estimator, m.Output
	switch e := m.Estimator.(type) { // a copy: a file may use a booster twice
	case *model.Ensemble:
		moved := *e
		moved.In = moveAll(e.In, to)
		r.m.Estimator = &moved
	case *model.Linear:
		moved := *e
		moved.In = moveAll(e.In, to)
		r.m.Estimator = &moved
	}
	return nil
}

func moveAll(cols, to []model.Column) []model.Column {
	moved := make([]model.Column, len(cols))
	for i, c := range cols {
		moved[i] = to[c]
	}
	return moved
}

// move is a step on other columns: to[c] for c.
func move(s model.Step, to []model.Column, by string) model.Step {
	switch s := s.(type) {
	case model.Require:
		s.In, s.By = to[s.In], by
		return s
	case model.Impute:
		s.In, s.Out = to[s.In], to[s.Out]
		return s
	case model.Round32:
		s.In, s.Out = to[s.In], to[s.Out]
		return s
	case model.ZeroAsMissing:
		s.In, s.Out = to[s.In], to[s.Out]
		return s
	case model.Ordinal:
		s.In, s.Out, s.By = to[s.In], to[s.Out], by
		return s
	}
	return moveCategory(s, to, by)
}

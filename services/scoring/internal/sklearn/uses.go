package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A use is what is done with an input column.
type use struct {
	any        bool
	other      bool // by something else than an encoder, or by encoders that differ
	categories []model.Scalar
}

// uses goes through the program once and sees what becomes of the inputs. A
// column with its missing values filled in still counts as the input.
func (r *reader) uses() []use {
	uses := make([]use, len(r.m.Features))
	from := make(map[model.Column]int)
	for i := range uses {
		from[model.Column(i)] = i // #nosec G115 -- bounded by MaxColumns
	}
	read := func(c model.Column) {
		if i, ok := from[c]; ok {
			uses[i].any, uses[i].other = true, true
		}
	}
	encode := func(c model.Column, categories []model.Scalar) {
		i, ok := from[c]
		if !ok {
			return
		}
		u := &uses[i]
		if u.any = true; u.categories == nil {
			u.categories = categories
		} else if !slices.Equal(u.categories, categories) {
			u.other = true
		}
	}
	for _, s := range r.m.Steps {
		switch s := s.(type) {
		case model.Require:
			if i, ok := from[s.In]; ok {
				uses[i].any = true
			}
		case model.Impute:
			if i, ok := from[s.In]; ok {
				uses[i].any = true
				from[s.Out] = i
			}
		case model.OneHot:
			encode(s.In, s.Categories)
		case model.Ordinal:
			encode(s.In, s.Categories)
		case *model.Statistic:
			for _, a := range s.Above {
				read(a.In)
			}
		case model.Wide:
			for _, c := range s.Reads() {
				read(c)
			}
		default:
			read(input(s))
		}
	}
	for _, c := range slices.Concat(estimatorInputs(r.m.Estimator), r.m.Transformed) {
		read(c)
	}
	return uses
}

func estimatorInputs(e model.Estimator) []model.Column {
	switch e := e.(type) {
	case *model.Linear:
		return e.In
	case *model.Ensemble:
		return e.In
	case *model.Given:
		return e.Reads()
	}
	return nil
}

package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A vocabulary numbers the strings that a model knows in one feature.
type vocabulary struct{ ids map[string]int32 }

// unknownString is the code of a string outside the vocabulary. Whether that
// is an error is for the step that reads it.
const unknownString = -1

func (v *vocabulary) code(s string) float64 {
	if id, ok := v.ids[s]; ok {
		return float64(id)
	}
	return unknownString
}

func (v *vocabulary) add(s model.Scalar) {
	if _, ok := v.ids[s.String]; !ok && !s.Missing {
		v.ids[s.String] = int32(len(v.ids))
	}
}

// A compiler knows of every column where it comes from and what it holds.
type compiler struct {
	kinds        []model.Kind
	source       []int32
	vocabularies []*vocabulary // by feature
}

// newCompiler follows the columns through the steps of a validated model and
// collects the vocabularies.
func newCompiler(m *model.Model) *compiler {
	c := &compiler{
		kinds:        make([]model.Kind, m.Columns),
		source:       make([]int32, m.Columns),
		vocabularies: make([]*vocabulary, len(m.Features)),
	}
	for i, f := range m.Features {
		c.kinds[i], c.source[i] = f.Kind, int32(i)
		if f.Kind == model.String {
			c.vocabularies[i] = &vocabulary{ids: make(map[string]int32)}
		}
	}
	for _, s := range m.Steps {
		c.follow(s)
	}
	return c
}

func (c *compiler) follow(s model.Step) {
	switch s := s.(type) {
	case model.Impute:
		c.derive(s.In, c.kinds[s.In], s.Out)
		c.learn(s.In, s.Missing, s.Fill)
	case model.Indicate:
		c.derive(s.In, model.Number, s.Out)
		c.learn(s.In, s.Missing)
	case model.Standardize:
		c.derive(s.In, model.Number, s.Out)
	case model.Affine:
		c.derive(s.In, model.Number, s.Out)
	case model.Clip:
		c.derive(s.In, model.Number, s.Out)
	case model.Apply:
		c.derive(s.In, model.Number, s.Out)
	case model.Round32:
		c.derive(s.In, model.Number, s.Out)
	case model.ZeroAsMissing:
		c.derive(s.In, model.Number, s.Out)
	case model.LowByte:
		c.derive(s.In, model.Number, s.Out)
	case model.OneHot:
		c.derive(s.In, model.Number, s.Out...)
		c.learn(s.In, s.Categories...)
	case model.Ordinal:
		c.derive(s.In, model.Number, s.Out)
		c.learn(s.In, s.Categories...)
	}
}

func (c *compiler) derive(from model.Column, kind model.Kind, out ...model.Column) {
	for _, o := range out {
		c.kinds[o], c.source[o] = kind, c.source[from]
	}
}

func (c *compiler) learn(in model.Column, values ...model.Scalar) {
	if c.kinds[in] != model.String {
		return
	}
	for _, v := range values {
		c.vocabularies[c.source[in]].add(v)
	}
}

// number is a constant as it occurs in a column: NaN where it is missing, and
// the vocabulary's code of a string.
func (c *compiler) number(in model.Column, s model.Scalar) float64 {
	switch {
	case s.Missing:
		return nan
	case c.kinds[in] == model.String:
		return c.vocabularies[c.source[in]].code(s.String)
	}
	return s.Number
}

func (c *compiler) numbers(in model.Column, values []model.Scalar) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = c.number(in, v)
	}
	return out
}

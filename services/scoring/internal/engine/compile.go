package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A compiler knows of every column where it comes from and what it holds.
type compiler struct {
	kinds        []model.Kind
	source       []int32
	vocabularies []*vocabulary // by feature; nil for features of numbers
	ids          []map[string]int32
	texts        [][]string // by feature, in the order in which they were met

	// imputed is, for a column of strings that differs from its feature, the
	// class that stands for each of the feature's.
	imputed [][]int32
	facts   []facts
	hot     hotColumns
}

// newCompiler follows the columns through the steps of a validated model and
// collects the vocabularies.
func newCompiler(m *model.Model) *compiler {
	c := &compiler{
		kinds:        make([]model.Kind, m.Columns),
		source:       make([]int32, m.Columns),
		vocabularies: make([]*vocabulary, len(m.Features)),
		ids:          make([]map[string]int32, len(m.Features)),
		texts:        make([][]string, len(m.Features)),
		imputed:      make([][]int32, m.Columns),
		facts:        make([]facts, m.Columns),
	}
	for i, f := range m.Features {
		c.kinds[i], c.source[i] = f.Kind, int32(i)
		c.ids[i] = make(map[string]int32)
	}
	for _, s := range m.Steps {
		c.follow(s)
	}
	for i, f := range m.Features {
		if f.Kind == model.String {
			c.vocabularies[i] = newVocabulary(c.texts[i])
		}
	}
	c.hot = findHot(m)
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
	case model.Hash:
		c.derive(s.In, model.Number, s.Out)
	case *model.Statistic:
		c.derive(keyed(s)[0], model.Number, s.Out...)
	case model.Wide:
		var first model.Column // of several, messages name the first
		if reads := s.Reads(); len(reads) > 0 {
			first = reads[0]
		}
		c.derive(first, model.Number, s.Defines()...)
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
	feature := c.source[in]
	for _, v := range values {
		if _, ok := c.ids[feature][v.String]; !ok && !v.Missing {
			c.ids[feature][v.String] = int32(len(c.texts[feature]))
			c.texts[feature] = append(c.texts[feature], v.String)
		}
	}
}

// class is the class of a constant of a column of strings.
func (c *compiler) class(in model.Column, s model.Scalar) int32 {
	if s.Missing {
		return classOfMissing
	}
	return firstKnown + c.ids[c.source[in]][s.String]
}

// number is a constant of a column of numbers.
func number(s model.Scalar) float64 {
	if s.Missing {
		return nan
	}
	return s.Number
}

// byClass calls f with every class of the feature that a column of strings
// comes from, and with the class that the column has instead.
func (c *compiler) byClass(in model.Column, f func(class, instead int32)) {
	for class := range int32(c.vocabularies[c.source[in]].classes()) {
		instead := class
		if m := c.imputed[in]; m != nil {
			instead = m[class]
		}
		f(class, instead)
	}
}

// impute follows an imputation of strings: the rows keep their classes, and
// whoever reads the new column takes one for another.
func (c *compiler) impute(s model.Impute) {
	missing, fill := c.class(s.In, s.Missing), c.class(s.In, s.Fill)
	c.byClass(s.In, func(_, instead int32) {
		if instead == missing {
			instead = fill
		}
		c.imputed[s.Out] = append(c.imputed[s.Out], instead)
	})
}

package catboost

import (
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// maxGap is how many columns may be there that no feature stands for: those
// that training ignored.
const maxGap = 1 << 16

// A builder makes a model of a document.
type builder struct {
	d *document
	m *model.Model

	floatAt    map[int32]int // by a numeric feature's index, its place in the document
	categoryAt map[int32]int
	hashOf     map[int32]model.Column // by a categorical feature's index
	in         []model.Column         // what trees read
	split      []splitOf              // of every number that trees have for one
}

// A splitOf is a split: right where the input is above the border.
type splitOf struct {
	input   int32
	border  float64
	missing model.Missing
}

// column defines a new column.
func (b *builder) column() model.Column {
	c := model.Column(b.m.Columns) // #nosec G115 -- Validate bounds them
	b.m.Columns++
	return c
}

// features defines the inputs by their numbers among all columns.
func (b *builder) features() error {
	d, m := b.d, b.m
	n := 0
	for _, f := range d.floats {
		n = max(n, int(f.flat)+1)
	}
	for _, f := range d.categories {
		n = max(n, int(f.flat)+1)
	}
	if n < 1 || n > len(d.floats)+len(d.categories)+maxGap {
		return d.fail("%d features, numbered up to %d", len(d.floats)+len(d.categories), n-1)
	}
	m.Columns = n
	m.Features = make([]model.Feature, n)
	for i := range m.Features {
		m.Features[i].Unused = true
	}
	define := func(flat int32, name string) (*model.Feature, error) {
		if flat < 0 || !m.Features[flat].Unused {
			return nil, d.fail("feature %s has the number %d, as another has", clip(name), flat)
		}
		f := &m.Features[flat]
		f.Name, f.Unused = name, false
		m.Named = m.Named || name != "" && name != strconv.Itoa(int(flat))
		return f, nil
	}
	for i, f := range d.floats {
		if _, err := define(f.flat, f.name); err != nil {
			return err
		}
		b.floatAt[f.index] = i
	}
	for i, f := range d.categories {
		feature, err := define(f.flat, f.name)
		if err != nil {
			return err
		}
		feature.Kind, feature.Digits = model.String, true
		b.categoryAt[f.index] = i
		m.Steps = append(m.Steps, model.Require{In: model.Column(f.flat), By: "CatBoost", NoMissing: true})
	}
	for i := range m.Features {
		if f := &m.Features[i]; !m.Named || f.Name == "" {
			f.Name = "x" + strconv.Itoa(i)
		}
	}
	return nil
}

// hash is the column of a categorical feature's hashes.
func (b *builder) hash(index int32) (model.Column, error) {
	if c, ok := b.hashOf[index]; ok {
		return c, nil
	}
	at, ok := b.categoryAt[index]
	if !ok {
		return 0, b.d.fail("categorical feature %d; there are %d", index, len(b.d.categories))
	}
	c := b.column()
	b.hashOf[index] = c
	b.m.Steps = append(b.m.Steps, model.Hash{In: model.Column(b.d.categories[at].flat), Out: c})
	return c, nil
}

// input makes a column one that trees read.
func (b *builder) input(c model.Column) int32 {
	b.in = append(b.in, c)
	return int32(len(b.in) - 1) // #nosec G115 -- Validate bounds them
}

// splits numbers all splits as trees do: the borders of numeric features, the
// categories of one-hot features, the borders of CTR features.
func (b *builder) splits() error {
	for i := range b.d.floats {
		f := &b.d.floats[i]
		if len(f.borders) == 0 {
			continue
		}
		in := b.input(model.Column(f.flat))
		for _, border := range f.borders {
			if err := b.add(splitOf{in, float64(border), f.missingSide()}); err != nil {
				return err
			}
		}
	}
	for i := range b.d.oneHots {
		if err := b.oneHot(&b.d.oneHots[i]); err != nil {
			return err
		}
	}
	return b.statistics()
}

func (b *builder) add(s splitOf) error {
	if math.IsNaN(s.border) || math.IsInf(s.border, 0) {
		return b.d.fail("a border is %v", s.border)
	}
	b.split = append(b.split, s)
	return nil
}

// missingSide is where a missing value goes: it is above nothing, or above all.
func (f *floatFeature) missingSide() model.Missing {
	if f.hasNaN && f.missing == asTrue {
		return model.MissingRight
	}
	return model.MissingLeft
}

// oneHot spreads the categories of a feature over columns, found by their
// hashes.
func (b *builder) oneHot(o *oneHot) error {
	hash, err := b.hash(o.feature)
	if err != nil {
		return err
	}
	step := model.OneHot{In: hash, By: "CatBoost", Unknown: model.UnknownValue, UnknownSlot: -1}
	for i, v := range o.values {
		step.Categories = append(step.Categories, model.Scalar{Number: float64(v)})
		step.Slots = append(step.Slots, int32(i)) // #nosec G115 -- Validate bounds columns
		c := b.column()
		step.Out = append(step.Out, c)
		if err := b.add(splitOf{b.input(c), 0.5, model.MissingLeft}); err != nil {
			return err
		}
	}
	if len(o.values) > 0 {
		b.m.Steps = append(b.m.Steps, step)
	}
	b.name(o)
	return nil
}

// name tells the categories of a feature, where the file does: they are then
// all that its splits know.
func (b *builder) name(o *oneHot) {
	var categories []model.Scalar
	for i, v := range o.values {
		name, ok := b.d.hashed[v]
		if i < len(o.names) {
			name, ok = o.names[i], true
		}
		if !ok || model.HashText(name) != v {
			return
		}
		categories = append(categories, model.Scalar{Kind: model.String, String: name})
	}
	b.m.Features[b.d.categories[b.categoryAt[o.feature]].flat].Categories = categories
}

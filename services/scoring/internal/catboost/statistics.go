package catboost

import (
	"encoding/binary"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// key tells tables apart.
func (b *ctrBase) key() string {
	key := []byte{byte(b.kind)}
	add := func(values ...int32) {
		for _, v := range values {
			key = binary.LittleEndian.AppendUint32(key, uint32(v)) // #nosec G115 -- the same bits
		}
	}
	add(b.classifier, int32(len(b.categories)), int32(len(b.floats))) // #nosec G115 -- only has to differ
	add(b.categories...)
	for _, t := range b.floats {
		add(t.feature, int32(math.Float32bits(t.border))) // #nosec G115 -- the same bits
	}
	for _, t := range b.values {
		add(t.feature, t.value)
	}
	return string(key)
}

// statistics makes a step of each table and the features that read it, and
// numbers their borders. CatBoost computes the features of a combination
// together, but each by itself.
func (b *builder) statistics() error {
	steps := make(map[string]*model.Statistic)
	features := make(map[string][]*ctr)
	for i := range b.d.ctrs {
		c := &b.d.ctrs[i]
		key := c.base.key()
		table := b.d.tables[key]
		if table == nil {
			return b.d.fail("a CTR feature of type %s has no table", ctrNames[c.base.kind%ctrKinds])
		}
		step := steps[key]
		if step == nil {
			var err error
			if step, err = b.statistic(table); err != nil {
				return err
			}
			steps[key] = step
			b.m.Steps = append(b.m.Steps, step)
		}
		features[key] = append(features[key], c)
		out := b.column()
		step.Out = append(step.Out, out)
		in := b.input(out)
		for _, border := range c.borders {
			if err := b.add(splitOf{in, float64(border), model.MissingLeft}); err != nil {
				return err
			}
		}
	}
	for key, step := range steps {
		if err := b.fill(step, b.d.tables[key], features[key]); err != nil {
			return err
		}
		delete(b.d.tables, key)
	}
	return nil
}

// statistic is the step of a table, without values.
func (b *builder) statistic(t *ctrTable) (*model.Statistic, error) {
	s := &model.Statistic{Keys: t.keys}
	for _, index := range t.base.categories {
		c, err := b.hash(index)
		if err != nil {
			return nil, err
		}
		s.Hashes = append(s.Hashes, c)
	}
	for _, test := range t.base.floats {
		at, ok := b.floatAt[test.feature]
		if !ok {
			return nil, b.d.fail("numeric feature %d; there are %d", test.feature, len(b.d.floats))
		}
		f := &b.d.floats[at]
		s.Above = append(s.Above, model.Above{In: model.Column(f.flat), Border: test.border, Missing: f.missingSide() == model.MissingRight})
	}
	for _, test := range t.base.values {
		c, err := b.hash(test.feature)
		if err != nil {
			return nil, err
		}
		s.Equal = append(s.Equal, model.Equal{In: c, Value: test.value})
	}
	return s, nil
}

// fill computes what each feature is for every key of the table, and for keys
// that it does not have.
func (b *builder) fill(s *model.Statistic, t *ctrTable, features []*ctr) error {
	if len(t.keys) > model.MaxStatistics/max(1, len(features)) {
		return b.d.fail("a CTR table of %d keys for %d features", len(t.keys), len(features))
	}
	s.Values = make([]float32, 0, len(t.keys)*len(features))
	for i := range t.keys {
		for _, c := range features {
			good, total, ok := c.count(t, i)
			if !ok {
				return b.d.fail("a CTR feature asks for class %d of a target that has %d", c.border, t.classes)
			}
			s.Values = append(s.Values, c.value(good, total))
		}
	}
	for _, c := range features {
		total := float32(0)
		if t.base.kind == ctrCounter || t.base.kind == ctrFrequency {
			total = float32(t.denominator)
		}
		s.Unseen = append(s.Unseen, c.value(0, total))
	}
	return nil
}

// count is what a feature counts of a key, and out of how many. Sums wrap, as
// CatBoost's do.
func (c *ctr) count(t *ctrTable, key int) (good, total float32, ok bool) {
	switch t.base.kind {
	case ctrBinarizedMean, ctrFloatMean:
		return t.sums[key], float32(t.counts[key]), true
	case ctrCounter, ctrFrequency:
		return float32(t.counts[key]), float32(t.denominator), true
	}
	counts := t.counts[key*int(t.classes):][:t.classes]
	all, some := int32(0), int32(0)
	for _, n := range counts {
		all += n
	}
	switch {
	case t.base.kind == ctrBuckets && c.border >= 0 && int(c.border) < len(counts):
		some = counts[c.border]
	case t.base.kind == ctrBuckets || len(counts) < 2:
		return 0, 0, false
	case len(counts) == 2: // the only border of the target
		some = counts[1]
	case c.border < 0:
		return 0, 0, false
	default:
		for _, n := range counts[min(int(c.border)+1, len(counts)):] {
			some += n
		}
	}
	return float32(some), float32(all), true
}

// value is a feature's value, every operation in float32.
func (c *ctr) value(good, total float32) float32 {
	share := float32(good+c.prior) / float32(total+c.denom)
	return float32(share+c.shift) * c.factor
}

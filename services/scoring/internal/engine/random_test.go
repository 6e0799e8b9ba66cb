package engine

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// A maker draws random valid models and rows that sit on their edges.
type maker struct {
	*rand.Rand
	m       *model.Model
	numbers []model.Column // columns of numbers so far
	hashes  []model.Column // of Hash
	special []float64      // thresholds and categories: values worth trying
	size    size
	finite  bool // all thresholds are: of many, one is not, and codes cannot stand for some of those
}

// A size is that of a random model; what is 0 is drawn, and small.
type size struct{ features, trees, splits, sets int }

var words = []string{"", "INLAND", "NEAR BAY", "<1H OCEAN", "ISLAND", "élan", "0"}

func pick[T any](r *maker, from ...T) T { return from[r.IntN(len(from))] }

func randomModel(r *rand.Rand, size size) (*model.Model, *maker) {
	mk := &maker{Rand: r, m: &model.Model{}, size: size, special: []float64{
		0, math.Copysign(0, -1), 1, -1, 0.5, 1e-35, model.ZeroThreshold, -model.ZeroThreshold, 2e-35,
		math.MaxFloat32, 1e39, -1e39, math.SmallestNonzeroFloat32, 1e-300, math.Inf(1), math.Inf(-1), 0.1, float64(float32(0.1)),
	}}
	n := cmp.Or(size.features, 1+r.IntN(6))
	for i := range n {
		kind := pick(mk, model.Number, model.Number, model.String)
		if i == 0 {
			kind = model.Number
		}
		mk.m.Features = append(mk.m.Features, model.Feature{Name: fmt.Sprint("f", i), Kind: kind})
		if kind == model.Number {
			mk.numbers = append(mk.numbers, model.Column(i))
		}
	}
	mk.m.Columns = n
	for i := range n {
		mk.steps(model.Column(i), mk.m.Features[i].Kind)
	}
	mk.statistic()
	if size.trees == 0 {
		mk.wide()
	}
	width := pick(mk, 1, 1, 1, 2, 3)
	switch kind := r.IntN(12); {
	case kind < 2 && size.trees == 0:
		mk.linear(width)
	case kind == 2 && size.trees == 0:
		mk.given(width)
	default:
		mk.ensemble(width)
	}
	mk.output(width)
	return mk.m, mk
}

func (r *maker) column() model.Column {
	r.m.Columns++
	return model.Column(r.m.Columns - 1)
}

func (r *maker) scalar(k model.Kind) model.Scalar {
	switch {
	case r.IntN(5) == 0:
		return model.Scalar{Kind: k, Missing: true}
	case k == model.String:
		return model.Scalar{Kind: k, String: pick(r, words...)}
	}
	return model.Scalar{Number: pick(r, 0, math.Copysign(0, -1), 1, -1, 2, 3.5, 1e300)}
}

func (r *maker) steps(in model.Column, kind model.Kind) {
	add := func(s model.Step, out ...model.Column) {
		r.m.Steps = append(r.m.Steps, s)
		r.numbers = append(r.numbers, out...)
	}
	for range r.IntN(4) {
		switch r.IntN(6) {
		case 0:
			out := r.column()
			add(model.Impute{In: in, Out: out, Missing: r.scalar(kind), Fill: r.scalar(kind)})
			if in = out; kind == model.Number {
				r.numbers = append(r.numbers, out)
			}
		case 1:
			out := r.column()
			add(model.Indicate{In: in, Out: out, Missing: r.scalar(kind)}, out)
		case 2:
			s := model.OneHot{In: in, By: "one-hot", Unknown: pick(r, model.UnknownError, model.UnknownValue, model.UnknownValue)}
			for range r.IntN(5) {
				s.Out = append(s.Out, r.column())
			}
			for range r.IntN(7) {
				s.Categories = append(s.Categories, r.scalar(kind))
				s.Slots = append(s.Slots, int32(r.IntN(len(s.Out)+1)-1))
			}
			s.UnknownSlot = int32(r.IntN(len(s.Out)+1) - 1)
			add(s, s.Out...)
		case 3:
			s := model.Ordinal{In: in, Out: r.column(), By: "ordinal", Unknown: pick(r, model.UnknownError, model.UnknownValue, model.UnknownValue), UnknownCode: pick(r, -1, math.NaN())}
			for range r.IntN(7) {
				s.Categories = append(s.Categories, r.scalar(kind))
				s.Codes = append(s.Codes, pick(r, 0.0, 1, 2, math.NaN()))
			}
			add(s, s.Out)
		default:
			out := r.column()
			if kind == model.String {
				add(model.Hash{In: in, Out: out}, out)
				r.hashes = append(r.hashes, out)
				continue
			}
			add(pick[model.Step](r,
				model.Standardize{In: in, Out: out, Mean: r.NormFloat64(), Scale: 0.1 + r.Float64()},
				model.Affine{In: in, Out: out, Scale: r.NormFloat64(), Offset: r.NormFloat64()},
				model.Clip{In: in, Out: out, Low: -1, High: pick(r, 0.5, math.Inf(1))},
				model.Apply{In: in, Out: out, Func: model.Func(r.IntN(int(model.Sign) + 1))},
				model.Round32{In: in, Out: out},
				model.ZeroAsMissing{In: in, Out: out},
				model.LowByte{In: in, Out: out, Wrap: r.IntN(2) == 0},
			), out)
			if r.IntN(8) == 0 {
				add(model.Require{In: in, By: "a test", NoMissing: r.IntN(2) == 0, Finite: r.IntN(2) == 0, F32: r.IntN(2) == 0})
			}
		}
	}
}

// statistic adds one that counts the hashes so far, and two numbers. Some of its
// keys are those of rows.
func (r *maker) statistic() {
	if len(r.hashes) == 0 {
		return
	}
	s := &model.Statistic{Hashes: r.hashes, Out: []model.Column{r.column(), r.column()}, Unseen: []float32{0.25, -1}}
	s.Above = []model.Above{{In: r.numbers[0], Border: 0.5, Missing: r.IntN(2) == 0}}
	s.Equal = []model.Equal{{In: pick(r, r.hashes...), Value: model.HashText(pick(r, words...))}}
	for i := range 20 {
		key := uint64(0)
		for range s.Hashes {
			key = model.KeyHash(key, uint64(int64(model.HashText(pick(r, words...)))))
		}
		key = model.KeyHash(model.KeyHash(key, r.Uint64N(2)), r.Uint64N(2))
		if !slices.Contains(s.Keys, key) {
			s.Keys = append(s.Keys, key)
			s.Values = append(s.Values, float32(i)/8, float32(i))
		}
	}
	r.m.Steps = append(r.m.Steps, s)
	r.numbers = append(r.numbers, s.Out...)
}

func (r *maker) value(p model.Precision) float64 {
	x := pick(r, r.NormFloat64(), r.NormFloat64()*1e6, 0, 0.1)
	if p == model.F32 {
		return float64(float32(x))
	}
	return x
}

func (r *maker) linear(width int) {
	l := &model.Linear{In: r.numbers, Sum: pick(r, model.F64, model.F32), BiasFirst: r.IntN(2) == 0}
	for range width {
		l.Intercept = append(l.Intercept, r.value(l.Sum))
		row := make([]float64, len(l.In))
		for j := range row {
			row[j] = r.value(l.Sum)
		}
		l.Coef = append(l.Coef, row)
	}
	r.m.Estimator = l
}

func (r *maker) ensemble(width int) {
	e := &model.Ensemble{
		In: r.numbers, Input: pick(r, model.F64, model.F32), Compare: pick(r, model.Less, model.LessOrEqual),
		Sum: pick(r, model.F64, model.F32), Divisor: pick(r, 0, 0, 3.0),
	}
	r.Shuffle(len(e.In), func(i, j int) { e.In[i], e.In[j] = e.In[j], e.In[i] })
	for range width {
		e.Base = append(e.Base, r.value(e.Sum))
		if e.Sum == model.F64 && r.IntN(4) == 0 {
			e.Scale, e.Offset = r.NormFloat64(), make([]float64, width)
		}
	}
	for i := range e.Offset {
		e.Offset[i] = r.value(e.Sum)
	}
	for range cmp.Or(r.size.sets, r.IntN(4)) {
		s := model.Set{
			Members: []uint32{r.Uint32(), r.Uint32()}[:r.IntN(3)], MembersLeft: r.IntN(2) == 0,
			Others: pick(r, model.MissingLeft, model.MissingRight), Limit: pick(r, 0.0, 40, 1<<24), TruncateFirst: r.IntN(2) == 0,
		}
		if r.IntN(2) == 0 {
			s.Known = []uint32{r.Uint32(), r.Uint32(), r.Uint32()}[:r.IntN(4)]
		}
		e.Sets = append(e.Sets, s)
	}
	linear := r.IntN(5) == 0 && e.Sum == model.F64
	r.finite = r.size.trees > 0 && r.IntN(3) > 0
	for range cmp.Or(r.size.trees, r.IntN(12)) {
		e.Trees = append(e.Trees, r.tree(e, width, linear))
	}
	r.m.Estimator = e
}

// tree grows a tree by splitting random leaves, so that shapes differ from a
// single leaf to a chain of 30 and a tree that is perfect.
func (r *maker) tree(e *model.Ensemble, width int, linear bool) model.Tree {
	t := model.Tree{Score: int32(r.IntN(width))}
	if !linear && r.IntN(3) == 0 {
		t.Score = -1
	}
	rules := []model.Missing{model.MissingLeft, model.MissingRight, model.MissingIsZero, model.ZeroMissingLeft, model.ZeroMissingRight}
	splits := pick(r, 0, 1, 3, 30, 60)
	if r.size.splits > 0 && r.IntN(4) > 0 {
		splits = r.size.splits
	}
	chain := r.IntN(3) == 0 && splits <= 300
	bushy := r.IntN(3) == 0
	ends := []*int32{new(int32)} // where the leaves hang
	t.Nodes = make([]model.Node, splits)
	for i := range t.Nodes {
		n := &t.Nodes[i]
		*n = model.Node{Feature: int32(r.IntN(len(e.In))), Set: -1, Missing: pick(r, rules...)}
		n.Threshold = pick(r, r.NormFloat64(), pick(r, r.special...))
		if r.finite && math.IsInf(n.Threshold, 0) {
			n.Threshold = r.NormFloat64()
		}
		r.special = append(r.special, n.Threshold)
		if len(e.Sets) > 0 && r.IntN(4) == 0 {
			n.Set, n.Missing = int32(r.IntN(len(e.Sets))), pick(r, model.MissingLeft, model.MissingRight)
		}
		at := r.IntN(len(ends))
		if chain {
			at = len(ends) - 1
		} else if bushy {
			at = 0 // level by level
		}
		*ends[at] = int32(i)
		ends = append(slices.Delete(ends, at, at+1), &n.Left, &n.Right)
	}
	r.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	for i, end := range ends {
		*end = ^int32(i)
		values := 1
		if t.Score < 0 {
			values = width
		}
		for range values {
			t.Leaves = append(t.Leaves, r.value(e.Sum))
		}
		if linear {
			l := model.LinearLeaf{Const: r.NormFloat64()}
			for range r.IntN(3) {
				l.Features = append(l.Features, int32(r.IntN(len(e.In))))
				l.Coef = append(l.Coef, r.NormFloat64())
			}
			t.Linear = append(t.Linear, l)
		}
	}
	return t
}

func (r *maker) output(width int) {
	o := &r.m.Output
	o.Scale, o.Precision = pick(r, 1, 2, 0.5), pick(r, model.F64, model.F32)
	if r.IntN(2) == 0 {
		if o.Link = model.Link(r.IntN(int(model.LinkArgmax) + 1)); r.IntN(8) == 0 {
			o.Link = pick(r, model.LinkSign, model.LinkSignNotNegative, model.LinkRising)
		}
		for range r.IntN(3) {
			o.Inverse = append(o.Inverse, r.inverse())
		}
		return
	}
	o.Task, o.Probable = model.Classification, true
	for i := range max(width, 2) {
		o.Classes = append(o.Classes, model.Label{Integer: int64(i)})
	}
	if width == 1 {
		o.Link = pick(r, model.LinkIdentity, model.LinkLogistic, model.LinkLogisticF32, model.LinkStep, model.LinkLogisticEach, model.LinkMirror,
			model.LinkLogisticMirrorF32, model.LinkHuber)
		o.Decision = pick(r, model.DecideArgmax, model.DecideScorePositive, model.DecideScoreNotNegative, model.DecideAboveHalf, model.DecideScoreAbove)
		o.Border = pick(r, 0, 0, 0.5)
	} else {
		o.Link = pick(r, model.LinkAverage, model.LinkSoftmax, model.LinkSoftmaxF32, model.LinkOneVsRest, model.LinkLogisticEach,
			model.LinkSoftmaxSumF32, model.LinkSoftmaxZeroF32, model.LinkLogisticMirrorF32,
			model.LinkOneVsRestEven, model.LinkLogSumExp, model.LinkHuber)
		o.Decision = pick(r, model.DecideArgmax, model.DecideArgmaxScore)
		if width == 2 && r.IntN(3) == 0 {
			o.Decision, o.Score, o.Border = model.DecideScoreAbove, int32(r.IntN(2)), pick(r, 0, 0.5)
		}
	}
	if _, ok := r.m.Estimator.(*model.Given); ok && r.IntN(2) == 0 {
		o.Link, o.Decision = model.LinkGiven, pick(r, model.DecideVotes, model.DecideArgmax)
	}
}

func (r *maker) inverse() model.Inverse {
	switch r.IntN(4) {
	case 0:
		return model.Inverse{Power: &model.PowerBack{
			Func: pick(r, model.YeoJohnson, model.BoxCox), Lambda: pick(r, 0, 2, 0.5, -0.3, 1.7, 1e-3), Logarithmic: r.IntN(2) == 0, Single: r.IntN(2) == 0,
		}}
	case 1:
		return model.Inverse{Quantile: &model.QuantileBack{X: []float64{0, 0.25, 0.5, 1}, Y: []float64{-1, 2, 2, 7}, Normal: r.IntN(2) == 0}}
	}
	return model.Inverse{Func: pick(r, model.Identity, model.Expm1), Scale: 2.1, Offset: 1.3, Divide: r.IntN(2) == 0}
}

// row draws a row: thresholds and their neighbours, categories, the unknown
// and the missing.
func (r *maker) row() []model.Scalar {
	row := make([]model.Scalar, len(r.m.Features))
	for i, f := range r.m.Features {
		if f.Kind == model.String {
			row[i] = model.Scalar{Kind: model.String, String: pick(r, append(words, "unknown")...)}
			row[i].Missing = r.IntN(5) == 0
			continue
		}
		x := pick(r, r.special...)
		switch r.IntN(6) {
		case 0:
			x = math.Nextafter(x, math.Inf(1))
		case 1:
			x = math.Nextafter(x, math.Inf(-1))
		case 2:
			x = float64(math.Nextafter32(float32(x), float32(math.Inf(1-2*r.IntN(2)))))
		case 3:
			x = float64(r.IntN(100)) + pick(r, 0, 0.5, -3.5)
		case 4:
			x = pick(r, 0, 1, -1, 2, 3.5, math.NaN())
		}
		row[i] = reference.Number(x)
	}
	return row
}

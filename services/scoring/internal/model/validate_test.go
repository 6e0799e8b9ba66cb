package model

import (
	"math"
	"strings"
	"testing"
)

// valid is a small model with one of everything: two features, an imputed and
// an encoded column, and two trees.
func valid() *Model {
	return &Model{
		Features: []Feature{{Name: "age"}, {Name: "ocean", Kind: String}, {Name: "id", Unused: true}},
		Columns:  6,
		Steps: []Step{
			Impute{In: 0, Out: 3, Missing: Scalar{Missing: true}, Fill: Scalar{Number: 30}},
			OneHot{
				In: 1, Categories: []Scalar{{Kind: String, String: "INLAND"}, {Kind: String, String: "NEAR BAY"}},
				Slots: []int32{0, 1}, Out: []Column{4, 5}, Unknown: UnknownValue, UnknownSlot: -1,
			},
			Require{In: 3, NoMissing: true, Finite: true},
		},
		Estimator: &Ensemble{
			In: []Column{3, 4, 5}, Base: []float64{0.5}, Sets: []Set{{Members: []uint32{5}}},
			Trees: []Tree{
				{Nodes: []Node{{Feature: 0, Left: 1, Right: ^0, Threshold: 3, Set: -1}, {Feature: 1, Left: ^1, Right: ^2, Set: 0}}, Leaves: []float64{1, 2, 3}},
				{Leaves: []float64{4}},
			},
		},
		Output: Output{Scale: 1},
	}
}

func classifier(m *Model, width int, classes ...Label) *Output {
	e := m.Estimator.(*Ensemble)
	e.Base = make([]float64, width)
	m.Output = Output{Task: Classification, Scale: 1, Classes: classes}
	return &m.Output
}

func TestValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Fatalf("the valid model: %v", err)
	}
	nan := math.NaN()
	trees := func(m *Model) *Ensemble { return m.Estimator.(*Ensemble) }
	root := func(m *Model) *Node { return &trees(m).Trees[0].Nodes[0] }
	oneHot := func(m *Model, change func(*OneHot)) {
		s := m.Steps[1].(OneHot)
		change(&s)
		m.Steps[1] = s
	}
	linear := &Linear{In: []Column{3}, Coef: [][]float64{{1}}, Intercept: []float64{0}}
	yes, no := Label{String: "yes", Kind: StringLabel}, Label{String: "no", Kind: StringLabel}
	for _, test := range []struct {
		name  string
		spoil func(m *Model)
		want  string
	}{
		{"a hash of numbers", func(m *Model) { m.Steps[2] = Hash{In: 3, Out: 5} }, "holds numbers where strings"},
		{"a statistic of strings", func(m *Model) { m.Steps[2] = &Statistic{Hashes: []Column{1}, Out: []Column{5}, Unseen: []float32{0}} }, "holds strings"},
		{"a statistic of nothing", func(m *Model) { m.Steps[2] = &Statistic{Out: []Column{5}, Unseen: []float32{0}} }, "0 parts"},
		{"a statistic twice", func(m *Model) {
			m.Steps[2] = &Statistic{Above: []Above{{In: 3}}, Out: []Column{5}, Keys: []uint64{7, 7}, Values: []float32{1, 2}, Unseen: []float32{0}}
		}, "twice"},
		{"a statistic too short", func(m *Model) {
			m.Steps[2] = &Statistic{Above: []Above{{In: 3}}, Out: []Column{5}, Keys: []uint64{7}, Unseen: []float32{0}}
		}, "for 1 keys"},
		{"a border that is NaN", func(m *Model) {
			m.Steps[2] = &Statistic{Above: []Above{{In: 3, Border: float32(nan)}}, Out: []Column{5}, Unseen: []float32{0}}
		}, "NaN"},
		{"offsets of other scores", func(m *Model) { trees(m).Offset = []float64{1, 2} }, "2 offsets"},
		{"an infinite offset", func(m *Model) { trees(m).Offset = []float64{math.Inf(1)} }, "offset"},
		{"no features", func(m *Model) { m.Features = nil }, "no features"},
		{"fewer columns than features", func(m *Model) { m.Columns = 2 }, "2 columns for 3 features"},
		{"too many columns", func(m *Model) { m.Columns = MaxColumns + 1 }, "at most"},
		{"a column nobody defines", func(m *Model) { m.Columns = 7 }, "7 columns are declared, but 6 are defined"},
		{"a feature without a name", func(m *Model) { m.Features[0].Name = "" }, "feature 0 has no name"},
		{"a name twice", func(m *Model) { m.Features[1].Name = "age" }, `two features are named "age"`},
		{"a category of another kind", func(m *Model) { m.Features[0].Categories = []Scalar{{Kind: String}} }, "a string among numbers"},

		{"read before defined", func(m *Model) { m.Steps[0] = Impute{In: 4, Out: 3} }, "column 4 is read before it is defined"},
		{"read out of range", func(m *Model) { m.Steps[2] = Require{In: 6} }, "column 6 is read; there are 6"},
		{"read below range", func(m *Model) { m.Steps[2] = Require{In: -1} }, "column -1 is read"},
		{"an unused feature read", func(m *Model) { m.Steps[2] = Require{In: 2} }, `feature "id" is declared unused`},
		{"defined twice", func(m *Model) { m.Steps[0] = Impute{In: 0, Out: 0} }, "column 0 is defined twice"},
		{"arithmetic on strings", func(m *Model) { m.Steps[0] = Affine{In: 1, Out: 3} }, "column 1 holds strings where numbers are read"},
		{"finite strings", func(m *Model) { m.Steps[2] = Require{In: 1, Finite: true} }, "holds strings"},
		{"a fill of another kind", func(m *Model) { m.Steps[0] = Impute{In: 0, Out: 3, Fill: Scalar{Kind: String}} }, "a string among numbers"},
		{"a hidden NaN", func(m *Model) { m.Steps[0] = Impute{In: 0, Out: 3, Fill: Scalar{Number: nan}} }, "a NaN that is not marked missing"},
		{"division by zero", func(m *Model) { m.Steps[0] = Standardize{In: 0, Out: 3} }, "scale is 0"},
		{"an infinite scale", func(m *Model) { m.Steps[0] = Affine{In: 0, Out: 3, Scale: math.Inf(1)} }, "scale is +Inf"},
		{"an empty interval", func(m *Model) { m.Steps[0] = Clip{In: 0, Out: 3, Low: 1} }, "no interval"},
		{"an unknown function", func(m *Model) { m.Steps[0] = Apply{In: 0, Out: 3, Func: 99} }, "unknown function 99"},
		{"an unknown step", func(m *Model) { m.Steps[0] = nil }, "unknown step"},
		{"too few slots", func(m *Model) { oneHot(m, func(s *OneHot) { s.Slots = s.Slots[:1] }) }, "1 slots for 2 categories"},
		{"a slot out of range", func(m *Model) { oneHot(m, func(s *OneHot) { s.Slots = []int32{0, 2} }) }, "slot 2; there are 2 outputs"},
		{"an unknown slot out of range", func(m *Model) { oneHot(m, func(s *OneHot) { s.UnknownSlot = -2 }) }, "slot -2"},
		{"too few codes", func(m *Model) {
			m.Steps[0] = Ordinal{In: 1, Out: 3, Categories: make([]Scalar, 0), Codes: []float64{1}}
		}, "1 codes for 0 categories"},

		{"no estimator", func(m *Model) { m.Estimator = nil }, "unknown estimator"},
		{"too few coefficients", func(m *Model) { linear.Coef = [][]float64{{}}; m.Estimator = linear }, "0 coefficients for 1 inputs"},
		{"a NaN coefficient", func(m *Model) { linear.Coef = [][]float64{{nan}}; m.Estimator = linear }, "NaN"},
		{"strings into trees", func(m *Model) { trees(m).In[0] = 1 }, "holds strings"},
		{"no scores", func(m *Model) { trees(m).Base = nil }, "0 scores"},
		{"a base that is no float32", func(m *Model) { trees(m).Sum = F32; trees(m).Base[0] = 0.1 }, "0.1 is not a float32"},
		{"a child out of range", func(m *Model) { root(m).Left = 2 }, "node 0 has child 2"},
		{"a leaf out of range", func(m *Model) { root(m).Right = ^3 }, "node 0 has child -4"},
		{"a cycle", func(m *Model) { root(m).Left = 0 }, "node 0 is reached twice"},
		{"a shared leaf", func(m *Model) { root(m).Right = ^1 }, "leaf 1 is reached twice"},
		{"a shared node", func(m *Model) { root(m).Right = 1 }, "node 1 is reached twice"},
		{"leaves that do not fit", func(m *Model) { trees(m).Trees[0].Leaves = []float64{1, 2} }, "2 leaves for 2 nodes"},
		{"a leaf without value", func(m *Model) { trees(m).Trees[1].Leaves = nil }, "tree 1: 0 leaves for 0 nodes"},
		{"a NaN leaf", func(m *Model) { trees(m).Trees[1].Leaves[0] = nan }, "leaf value 0"},
		{"a score out of range", func(m *Model) { trees(m).Trees[1].Score = 1 }, "score 1 of 1"},
		{"a feature out of range", func(m *Model) { root(m).Feature = 3 }, "feature 3; there are 3"},
		{"a set out of range", func(m *Model) { root(m).Set = 1 }, "set 1 of 1"},
		{"a set below range", func(m *Model) { root(m).Set = -2 }, "set -2"},
		{"a NaN threshold", func(m *Model) { root(m).Threshold = nan }, "the threshold is NaN"},
		{"a numeric rule of a set", func(m *Model) { trees(m).Trees[0].Nodes[1].Missing = MissingIsZero }, "missing rule 2"},
		{"a limit that is NaN", func(m *Model) { trees(m).Sets[0].Limit = nan }, "limit is NaN"},
		{"a linear leaf's feature", func(m *Model) {
			trees(m).Trees[1].Linear = []LinearLeaf{{Features: []int32{3}, Coef: []float64{1}}}
		}, "feature 3; there are 3"},
		{"linear leaves in float32", func(m *Model) { trees(m).Sum = F32; trees(m).Trees[1].Linear = make([]LinearLeaf, 1) }, "precision 1"},
		{"too deep", func(m *Model) { trees(m).Trees[0] = chain(MaxDepth + 1) }, "deeper than 4096"},

		{"an unknown link", func(m *Model) { m.Output.Link = 99 }, "unknown link"},
		{"a link without scale", func(m *Model) { m.Output = Output{Link: LinkLogistic} }, "scale of the link is 0"},
		{"classes of a regression", func(m *Model) { m.Output.Classes = []Label{yes} }, "classes or probabilities of a regression"},
		{"an inverse power of no kind", func(m *Model) { m.Output.Inverse = []Inverse{{Power: &PowerBack{Func: Raise}}} }, "nothing goes back from power transform"},
		{"an inverse power that is NaN", func(m *Model) { m.Output.Inverse = []Inverse{{Power: &PowerBack{Lambda: math.NaN()}}} }, "lambda is NaN"},
		{"an inverse without quantiles", func(m *Model) { m.Output.Inverse = []Inverse{{Quantile: &QuantileBack{}}} }, "0 and 0 coordinates of points"},
		{"an inverse by zero", func(m *Model) { m.Output.Inverse = []Inverse{{Divide: true}} }, "divides by 0"},
		{"no classes", func(m *Model) { classifier(m, 1) }, "0 classes"},
		{"equal classes", func(m *Model) { classifier(m, 1, yes, yes) }, "class 1 is there twice"},
		{"classes and scores", func(m *Model) { classifier(m, 3, yes, no) }, "3 scores for 2 classes"},
		{"softmax of one score", func(m *Model) { classifier(m, 1, yes, no).Link = LinkSoftmax }, "needs a score a class"},
		{"logistic of two scores", func(m *Model) { classifier(m, 2, yes, no).Link = LinkLogistic }, "for one score and two classes"},
		{"probabilities of exp", func(m *Model) { classifier(m, 1, yes, no).Link = LinkExp }, "does not yield probabilities"},
		{"a sign of two scores", func(m *Model) { classifier(m, 2, yes, no).Decision = DecideScorePositive }, "for one score"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := valid()
			test.spoil(m)
			err := m.Validate()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// chain is a tree with that many splits one below another.
func chain(n int) Tree {
	t := Tree{Leaves: make([]float64, n+1)}
	for i := range n {
		t.Nodes = append(t.Nodes, Node{Left: int32(i + 1), Right: ^int32(i), Set: -1})
	}
	t.Nodes[n-1].Left = ^int32(n)
	return t
}

func TestShape(t *testing.T) {
	e := &Ensemble{Trees: []Tree{chain(5), {Leaves: []float64{1}}}}
	if trees, depth, leaves := e.Shape(); trees != 2 || depth != 5 || leaves != 7 {
		t.Errorf("got %d trees, depth %d, %d leaves; want 2, 5, 7", trees, depth, leaves)
	}
	m := valid()
	m.Estimator.(*Ensemble).Trees[0] = chain(MaxDepth)
	if err := m.Validate(); err != nil {
		t.Errorf("a chain as deep as allowed: %v", err)
	}
}

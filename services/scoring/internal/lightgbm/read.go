package lightgbm

import (
	"bytes"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A Wrapper says how the booster is used, which its text does not say.
type Wrapper struct {
	// Embedded: a scikit-learn wrapper (LGBMRegressor, LGBMClassifier,
	// LGBMRanker) holds the booster, and its predict counts.
	Embedded bool
	// Classes make it a classifier with these labels; nil: a regressor.
	Classes []model.Label
	// Rounds limits the boosting rounds; 0 for all. A wrapper uses the
	// booster's best_iteration, which the text does not hold.
	Rounds int
	// Sparse: the rows come from a sparse matrix.
	Sparse bool
}

// Sniff tells whether a file that starts with these bytes may be a LightGBM
// model.
func Sniff(prefix []byte) bool {
	return bytes.HasPrefix(prefix, []byte("tree\nversion=")) || bytes.HasPrefix(prefix, []byte("tree\r\nversion="))
}

// Embedded reads the booster that a scikit-learn wrapper holds; its form is
// what the reader of scikit-learn objects asks for.
func Embedded(raw []byte, rounds int, classes []model.Label) (*model.Model, error) {
	return Read(raw, Wrapper{Embedded: true, Rounds: rounds, Classes: classes})
}

// Native reads the booster that a pickle holds without a wrapper.
func Native(raw []byte, rounds int, _ []model.Label) (*model.Model, error) {
	return Read(raw, Wrapper{Rounds: rounds})
}

// EmbeddedSparse is [Embedded] for a wrapper that gets a sparse matrix.
func EmbeddedSparse(raw []byte, rounds int, classes []model.Label) (*model.Model, error) {
	return Read(raw, Wrapper{Embedded: true, Rounds: rounds, Classes: classes, Sparse: true})
}

// Read reads a model from its text. Damaged text gives a [model.FormatError],
// what cannot be followed exactly a [model.UnsupportedError].
func Read(data []byte, w Wrapper) (*model.Model, error) {
	s := &scanner{data: data}
	d, err := parse(s, w.Sparse)
	if err != nil {
		return nil, err
	}
	m := &model.Model{Source: model.Source{Format: "lightgbm-text", Library: "lightgbm"}}
	in, err := d.inputs(s, m)
	if err != nil {
		return nil, err
	}
	trees := d.trees
	if len(trees)%d.perRound != 0 {
		return nil, s.fail("%d trees for %d scores", len(trees), d.perRound)
	}
	if limit := w.Rounds * d.perRound; w.Rounds > 0 && limit/d.perRound == w.Rounds && limit < len(trees) {
		trees = trees[:limit]
	}
	e := &model.Ensemble{
		In: in, Input: model.F64, Compare: model.LessOrEqual, Sum: model.F64,
		Base: make([]float64, d.perRound), Trees: trees, Sets: d.sets,
	}
	if d.average {
		if len(trees) == 0 {
			return nil, s.fail("a random forest without trees")
		}
		e.Divisor = float64(len(trees) / d.perRound)
	}
	m.Estimator = e
	objective := d.objective
	if objective == "" {
		objective = "custom" // of the user's own
	}
	m.Outline = []model.Stage{{Class: "lightgbm.Booster", Detail: fmt.Sprintf("%s, %d trees", objective, len(trees))}}
	if m.Output, err = d.output(w); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, s.fail("%v", err)
	}
	return m, nil
}

// inputs makes the features and the steps that prepare them, and returns the
// columns that the trees read.
func (d *document) inputs(s *scanner, m *model.Model) ([]model.Column, error) {
	encodings, err := d.encodings(s)
	if err != nil {
		return nil, err
	}
	for i, name := range d.names {
		// Without names LightGBM makes these up.
		m.Named = m.Named || name != fmt.Sprintf("Column_%d", i)
	}
	m.Columns = len(d.names)
	in := make([]model.Column, len(d.names))
	m.Features = make([]model.Feature, len(d.names))
	for i := range in {
		c := model.Column(i) // #nosec G115 -- at most MaxColumns
		in[i] = c
		f := &m.Features[i]
		f.Name = d.names[i]
		if !m.Named {
			f.Name = fmt.Sprintf("x%d", i)
		}
		if categories := encodings[i]; len(categories) > 0 {
			f.Kind, f.Categories = categories[0].Kind, categories
			in[i] = model.Column(m.Columns) // #nosec G115 -- at most twice MaxColumns
			m.Columns++
			m.Steps = append(m.Steps, encode(c, in[i], f.Name, categories))
		}
	}
	return in, nil
}

// output makes what predict returns: of a Booster and of LGBMRegressor the
// transformed score, of LGBMClassifier a class.
func (d *document) output(w Wrapper) (model.Output, error) {
	l, scale, err := link(d.objective)
	if err != nil {
		return model.Output{}, err
	}
	out := model.Output{
		Task: model.Regression, Link: l, Scale: scale, Precision: model.F64,
		// A random forest's raw_score is the sum that predict divides
		// (GBDT::PredictRaw), which the model has no place for.
		Decisive: !d.average && (!w.Embedded || w.Classes != nil),
	}
	if w.Classes == nil {
		return out, nil
	}
	switch {
	case l == model.LinkLogistic && d.perRound == 1 && len(w.Classes) == 2:
	case (l == model.LinkSoftmax || l == model.LinkLogisticEach) && d.perRound == len(w.Classes) && d.perRound > 2:
	default:
		// With two classes and a score each, LGBMClassifier.predict_proba
		// stacks two matrices; of other objectives it has no probabilities.
		return out, unsupported(fmt.Sprintf("a classifier of %d classes with %d scores and the objective %q", len(w.Classes), d.perRound, d.objective),
			"binary and cross_entropy for two classes, multiclass and multiclassova for more")
	}
	out.Task = model.Classification
	out.Classes = w.Classes
	out.Decision = model.DecideArgmax
	out.Probable = true
	return out, nil
}

func unsupported(what, instead string) error {
	return &model.UnsupportedError{Class: "lightgbm: " + what, Supported: instead}
}

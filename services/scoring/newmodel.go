package scoring

import (
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// newSignature says what a model takes and gives. Strings are copied, so that
// the signature does not keep the file alive.
func newSignature(m *model.Model, p *engine.Predictor) Signature {
	o := &m.Output
	width := m.Estimator.Width()
	s := Signature{Named: m.Named, Methods: Predict, Float32: o.Precision == model.F32, Transformed: len(m.Transformed), Columns: m.Names}
	if s.Transformed > 0 {
		s.Methods |= Transform
	}
	if o.Decisive {
		s.Methods |= DecisionFunction
		s.Scores = width
	}
	refused := p.Refusals()
	for i, f := range m.Features {
		s.Features = append(s.Features, Feature{
			Name: f.Name, Type: FeatureType(f.Kind), Categories: categoryNames(f.Categories),
			Optional: !refused[i], Unused: f.Unused, Digits: f.Digits,
		})
	}
	switch o.Task {
	case model.Transformation:
		s.Task, s.Methods = Transformation, Transform
		return s
	case model.Regression:
		s.Outputs = width
		if o.Link == model.LinkArgmax {
			s.Outputs = 1
		}
		return s
	}
	s.Task, s.Outputs, s.Probabilities, s.Indicator = Classification, 1, o.Probabilities(), o.Indicator
	if o.Probable {
		s.Methods |= PredictProba
	}
	s.Classes = newLabels(o.Classes)
	for _, classes := range o.Targets {
		s.Targets = append(s.Targets, newLabels(classes))
	}
	if s.Targets != nil {
		s.Outputs = len(s.Targets)
	}
	return s
}

func newLabels(classes []model.Label) (labels []Label) {
	for _, l := range classes {
		labels = append(labels, newLabel(l))
	}
	return labels
}

// categoryNames are the categories as text, without the missing one.
func categoryNames(categories []model.Scalar) []string {
	var names []string
	for _, c := range categories {
		switch {
		case c.Missing:
		case c.Kind == model.String:
			names = append(names, c.String)
		default:
			names = append(names, strconv.FormatFloat(c.Number, 'g', -1, 64))
		}
	}
	return names
}

func newLabel(l model.Label) Label {
	out := Label{Kind: LabelKind(l.Kind)}
	switch l.Kind {
	case model.FloatLabel:
		out.value = l.Float
	case model.StringLabel:
		out.value = l.String
	case model.BoolLabel:
		out.value = l.Bool
	default:
		out.value = l.Integer
	}
	return out
}

func newDescription(m *model.Model) Description {
	d := Description{
		Format: m.Source.Format, Library: m.Source.Library, Version: m.Source.Version, Embedded: m.Source.Embedded,
		Estimator: "linear", Stages: []Stage{},
	}
	for _, s := range m.Outline {
		d.Stages = append(d.Stages, Stage(s))
	}
	switch e := m.Estimator.(type) {
	case *model.Ensemble:
		d.Estimator = "trees"
		d.Trees, d.MaxDepth, d.Leaves = e.Shape()
	case *model.Given:
		d.Estimator = "steps"
	}
	return d
}

package sklearn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// describe writes a model as text, one line a part, for tests to compare.
func describe(m *model.Model) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for i, f := range m.Features {
		s := fmt.Sprintf("%d %s %s", i, f.Name, f.Kind)
		if f.Unused {
			s += " unused"
		}
		if f.Categories != nil {
			s += " of " + scalars(f.Categories)
		}
		line("%s", s)
	}
	for _, s := range m.Steps {
		switch s := s.(type) {
		case model.Require:
			var what []string
			if s.NoMissing {
				what = append(what, "no missing")
			}
			if s.Finite {
				what = append(what, "finite")
			}
			if s.F32 {
				what = append(what, "float32")
			}
			line("%d must be %s for %s", s.In, strings.Join(what, ", "), s.By)
		case model.Impute:
			line("%d = %d with %s for %s", s.Out, s.In, scalars([]model.Scalar{s.Fill}), scalars([]model.Scalar{s.Missing}))
		case model.Indicate:
			line("%d = %d is %s", s.Out, s.In, scalars([]model.Scalar{s.Missing}))
		case model.Standardize:
			line("%d = (%d - %.4g) / %.4g", s.Out, s.In, s.Mean, s.Scale)
		case model.Affine:
			line("%d = %d * %.4g + %.4g", s.Out, s.In, s.Scale, s.Offset)
		case model.Clip:
			line("%d = %d within %v to %v", s.Out, s.In, s.Low, s.High)
		case model.Apply:
			line("%d = function %d of %d", s.Out, s.Func, s.In)
		case model.Round32:
			line("%d = float32 of %d", s.Out, s.In)
		case model.ZeroAsMissing:
			line("%d = %d, 0 is missing", s.Out, s.In)
		case model.LowByte:
			line("%d = low byte of %d, wrap %v", s.Out, s.In, s.Wrap)
		case model.OneHot:
			line("%v = slots %v of %d in %s, unknown %d %d", s.Out, s.Slots, s.In, scalars(s.Categories), s.Unknown, s.UnknownSlot)
		case model.Wide:
			line("%v = %T of %v", s.Defines(), s, s.Reads())
		case model.Ordinal:
			line("%d = codes %v of %d in %s, unknown %d %v", s.Out, s.Codes, s.In, scalars(s.Categories), s.Unknown, s.UnknownCode)
		}
	}
	switch e := m.Estimator.(type) {
	case *model.Linear:
		line("linear of %v, %d scores", e.In, len(e.Intercept))
	case *model.Given:
		line("scores %v, probabilities %v, votes %v", e.Scores, e.Probabilities, e.Votes)
	case *model.Ensemble:
		line("%d trees of %v, precision %d, from %.4g, divided by %v", len(e.Trees), e.In, e.Input, e.Base, e.Divisor)
		for _, t := range e.Trees {
			line("  %s", describeTree(e, &t))
		}
	}
	o := m.Output
	switch o.Task {
	case model.Regression:
		back := []string{}
		for _, v := range o.Inverse {
			back = append(back, describeInverse(&v))
		}
		line("regression, link %d, back [%s]", o.Link, strings.Join(back, "; "))
	case model.Classification:
		line("classes %s, link %d × %v, decision %d, probable %v, decisive %v", labels(o.Classes), o.Link, o.Scale, o.Decision, o.Probable, o.Decisive)
	}
	return b.String()
}

func describeInverse(v *model.Inverse) string {
	text := fmt.Sprintf("x*%.4g + %.4g", v.Scale, v.Offset)
	switch {
	case v.Power != nil:
		text = fmt.Sprintf("from %d %.4g, logarithmic %v, single %v", v.Power.Func, v.Power.Lambda, v.Power.Logarithmic, v.Power.Single)
	case v.Quantile != nil:
		text = fmt.Sprintf("from %.4g to %.4g, normal %v", v.Quantile.X, v.Quantile.Y, v.Quantile.Normal)
	case v.Func != model.Identity:
		text = fmt.Sprintf("by function %d", v.Func)
	case v.Divide:
		text = fmt.Sprintf("(x - %.4g)/%.4g", v.Offset, v.Scale)
	}
	return fmt.Sprintf("of %d %s, finite for %q", v.Of, text, v.Refuses)
}

// describeTree writes a tree inside out: (x0 <= 1.5 ? left : right).
func describeTree(e *model.Ensemble, t *model.Tree) string {
	width := 1
	if t.Score < 0 {
		width = len(e.Base)
	}
	var at func(i int32) string
	at = func(i int32) string {
		if i < 0 {
			leaf := int(^i) * width
			return strings.Trim(fmt.Sprintf("%.4g", t.Leaves[leaf:leaf+width]), "[]")
		}
		n := t.Nodes[i]
		test := fmt.Sprintf("x%d <= %.4g", n.Feature, n.Threshold)
		if n.Set >= 0 {
			test = fmt.Sprintf("x%d in %b of %b", n.Feature, e.Sets[n.Set].Members[0], e.Sets[n.Set].Known[0])
		}
		if n.Missing == model.MissingLeft {
			test += " or missing"
		}
		return "(" + test + " ? " + at(n.Left) + " : " + at(n.Right) + ")"
	}
	if len(t.Nodes) == 0 {
		return at(-1)
	}
	return at(0)
}

func scalars(list []model.Scalar) string {
	out := make([]string, len(list))
	for i, s := range list {
		switch {
		case s.Missing:
			out[i] = "missing"
		case s.Kind == model.String:
			out[i] = s.String
		default:
			out[i] = strconv.FormatFloat(s.Number, 'g', 4, 64)
		}
	}
	return strings.Join(out, "|")
}

func labels(list []model.Label) string {
	out := make([]string, len(list))
	for i, l := range list {
		switch l.Kind {
		case model.StringLabel:
			out[i] = l.String
		case model.BoolLabel:
			out[i] = strconv.FormatBool(l.Bool)
		case model.FloatLabel:
			out[i] = strconv.FormatFloat(l.Float, 'g', -1, 64)
		default:
			out[i] = strconv.FormatInt(l.Integer, 10)
		}
	}
	return strings.Join(out, "|")
}

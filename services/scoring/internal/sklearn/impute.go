package sklearn

import (
	"maps"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// simpleImputer fills missing values in and may drop columns that had nothing
// else in training; with add_indicator, columns that tell what was missing
// follow.
func (r *reader) simpleImputer(o *object, in matrix) (matrix, error) {
	pattern, ok := scalar(o.value("missing_values"))
	if !ok {
		return in, o.refuse("missing_values of type "+typeName(o.value("missing_values")), "NaN, None, pandas.NA, a number, a string")
	}
	stats, none := o.statistics(len(in.cols))
	objects := o.fitDtype().Kind == 'O'
	drop := o.dropsEmpty()
	if o.err != nil {
		return in, o.err
	}
	out := matrix{elem: in.elem, sparse: in.sparse, zeros: in.zeros}
	if in.elem == small && !o.keepsType() {
		out.elem = wide
	}
	marks := o.flag("add_indicator", false)
	for i, c := range in.cols {
		fill := stats[i]
		if objects && pattern.Missing && !fill.Missing && fill.Kind == model.String && r.kinds[c] == open && !marks {
			filled, err := r.fillLater(o, c, fill)
			if err != nil {
				return in, err
			}
			out.cols = append(out.cols, filled)
			continue
		}
		if err := r.imputes(o, c, fill, objects); err != nil {
			return in, err
		}
		switch {
		case !pattern.Missing:
			r.require(o, []model.Column{c}, demand{noMissing: true, finite: !objects})
			if objects {
				r.passed[c] = passage{from: c, require: len(r.m.Steps) - 1}
			}
		case !objects:
			r.require(o, []model.Column{c}, demand{finite: true})
		}
		if fill.Missing {
			if !drop || none[i] {
				out.cols = append(out.cols, c) // a missing value is replaced by a missing value
			}
			continue
		}
		to, ok := r.pattern(c, pattern)
		if !ok {
			out.cols = append(out.cols, c)
			continue
		}
		if fill.Kind == model.Number {
			fill.Number = o.fill(fill.Number, in.elem)
			out.zeros = out.zeros || in.sparse && fill.Number == 0
		}
		cols, err := r.columns(o, 1, r.kinds[c])
		if err != nil {
			return in, err
		}
		if before, ok := r.passed[c]; ok {
			r.passed[cols[0]] = passage{from: cols[0], require: before.require}
		} else if objects && o.value("missing_values") != nil {
			r.passed[cols[0]] = passage{from: c, require: -1}
		}
		r.step(model.Impute{In: c, Out: cols[0], Missing: to, Fill: fill})
		r.inexact[cols[0]] = r.inexact[c]
		out.cols = append(out.cols, cols[0])
	}
	if marks {
		if err := r.indicate(o, in, pattern, &out); err != nil {
			return in, err
		}
	}
	o.detail("%d columns to %d", len(in.cols), len(out.cols))
	return out, o.err
}

// A filling is a column of objects whose missing values are to become a text. Whether
// it holds texts or numbers an encoder tells: among texts the fill is one of them;
// among numbers it is none of the categories, which a missing value is as well.
type filling struct {
	from model.Column
	by   *object
	fill model.Scalar
}

// fillLater is a column whose filling waits until its kind is known.
func (r *reader) fillLater(o *object, c model.Column, fill model.Scalar) (model.Column, error) {
	cols, err := r.columns(o, 1, open)
	if err != nil {
		return c, err
	}
	r.filled[cols[0]] = filling{from: c, by: o, fill: fill}
	if o.value("missing_values") != nil {
		r.passed[cols[0]] = passage{from: c, require: -1}
	}
	return cols[0], nil
}

// settle fills a column in, now that an object takes it as numbers or as texts.
// Who computes with numbers refuses the text that stands for a missing one.
func (r *reader) settle(o *object, c model.Column, k kind, computes bool) error {
	f, ok := r.filled[c]
	if !ok {
		return nil
	}
	delete(r.filled, c)
	if err := r.holds(o, f.from, k, computes); err != nil {
		return err
	}
	missing, fill := model.Scalar{Kind: model.String, Missing: true}, f.fill
	if k == numeric {
		missing.Kind, fill = model.Number, model.Scalar{Missing: true}
		if computes {
			r.require(f.by, []model.Column{f.from}, demand{noMissing: true})
		}
	}
	r.step(model.Impute{In: f.from, Out: c, Missing: missing, Fill: fill})
	return nil
}

// settleAll fills in what nothing took.
func (r *reader) settleAll(o *object) error {
	for _, c := range slices.Sorted(maps.Keys(r.filled)) {
		k := text
		if f, waits := r.filled[c]; waits && r.kinds[f.from] == numeric {
			k = numeric
		}
		if err := r.holds(o, c, k, false); err != nil {
			return err
		}
	}
	return nil
}

// statistics reads what each column is filled with, and where that is None.
// Only NaN says that a column had nothing in training: None may be what is
// most frequent among objects.
func (o *object) statistics(n int) (stats []model.Scalar, none []bool) {
	a, ok := o.value("statistics_").(*pickle.Array)
	if !ok {
		o.fail("attribute statistics_ is not an array")
		return nil, nil
	}
	values, err := o.r.values(a)
	if err != nil {
		o.fail("attribute statistics_: %v", err)
		return nil, nil
	}
	if len(values) != n || len(a.Shape) != 1 {
		o.fail("attribute statistics_ has shape %v for %d columns", a.Shape, n)
		return nil, nil
	}
	stats, none = make([]model.Scalar, n), make([]bool, n)
	for i, v := range values {
		if stats[i], ok = scalar(v); !ok {
			o.fail("attribute statistics_ holds a %s", typeName(v))
		}
		if x := stats[i]; math.IsInf(x.Number, 0) {
			o.fail("attribute statistics_ holds %v", x.Number)
		}
		none[i] = v == nil
	}
	return stats, none
}

// fitDtype is the numpy type of the training data: numbers, or objects.
func (o *object) fitDtype() pickle.Dtype {
	d, ok := o.value("_fit_dtype").(*pickle.Dtype)
	if !ok {
		o.fail("attribute _fit_dtype is not a dtype")
		return pickle.Dtype{}
	}
	return *d
}

// dropsEmpty tells whether columns without a statistic are left out.
func (o *object) dropsEmpty() bool {
	constant := o.value("strategy") == "constant"
	switch v := o.r.version; {
	case v.before(1, 2):
		return !constant
	case v.before(1, 8):
		return !constant && !o.flag("keep_empty_features", false)
	}
	return !o.flag("keep_empty_features", false)
}

// keepsType tells whether integers stay integers: the other strategies convert
// to float first.
func (o *object) keepsType() bool {
	s := o.value("strategy")
	return s == "constant" || s == "most_frequent"
}

// imputes settles what kind of column is filled with a value.
func (r *reader) imputes(o *object, c model.Column, fill model.Scalar, objects bool) error {
	switch {
	case !objects:
		return r.hold(o, c, numeric)
	case fill.Missing:
		return nil
	case fill.Kind == model.String:
		return r.hold(o, c, text)
	}
	return r.hold(o, c, numeric)
}

// pattern is what counts as missing, for one column; false where nothing in
// the column can equal it.
func (r *reader) pattern(c model.Column, p model.Scalar) (model.Scalar, bool) {
	want := model.Number
	if r.kinds[c] == text {
		want = model.String
	}
	if p.Missing {
		p.Kind = want
		return p, true
	}
	return p, p.Kind == want
}

// fill is a statistic as it lands in the matrix. Since 1.8 it is cast to the
// type of the training data first.
func (o *object) fill(x float64, elem element) float64 {
	if v, ok := o.attr("_fill_dtype"); ok && !o.r.version.before(1, 8) {
		if d, ok := v.(*pickle.Dtype); ok {
			switch {
			case d.Kind == 'f' && d.Size == 4:
				x = float64(float32(x))
			case d.Kind == 'i' || d.Kind == 'u':
				x = math.Trunc(x)
			}
		}
	}
	if elem == single {
		x = float64(float32(x))
	}
	return x
}

// indicate appends a column of 0 and 1 for each column that had missing values
// in training.
func (r *reader) indicate(o *object, in matrix, pattern model.Scalar, out *matrix) error {
	indicator, err := r.open(o.value("indicator_"), join(o.path, "indicator_"))
	if err != nil {
		return err
	}
	return r.indicateColumns(o, indicator, in, pattern, out)
}

// indicateColumns appends the columns of an indicator, which may be o itself.
func (r *reader) indicateColumns(o, indicator *object, in matrix, pattern model.Scalar, out *matrix) error {
	features, err := r.integersOf(indicator.value("features_"))
	if indicator.err != nil {
		return indicator.err
	}
	if err != nil || len(features) > len(in.cols) {
		return indicator.wrong("attribute features_ is not a list of at most %d columns", len(in.cols))
	}
	cols, err := r.columns(o, len(features), numeric)
	if err != nil {
		return err
	}
	for i, f := range features {
		if f < 0 || f >= len(in.cols) {
			return indicator.wrong("attribute features_ holds column %d of %d", f, len(in.cols))
		}
		c := in.cols[f]
		if r.kinds[c] == open {
			return o.refuse("an indicator of a column of unknown type", "columns that an encoder or a statistic gives a type")
		}
		p, ok := r.pattern(c, pattern)
		if !ok {
			return o.refuse("an indicator that is always 0", "missing_values of the column's type")
		}
		r.step(model.Indicate{In: c, Out: cols[i], Missing: p})
	}
	out.cols = append(out.cols, cols...)
	out.elem = stack(out.elem, small)
	return nil
}

// A passage is how None comes through an imputer of objects that fills in NaN
// or something else: unseen. Here None and NaN are one, a missing value, so
// what follows the imputer has to tell which of them the author had.
type passage struct {
	from    model.Column // the column with its Nones
	require int          // the step that refuses NaN, which is not None; or -1
}

// unimputed is the column that an encoder reads: the one before imputation if
// it knows a missing category. As no NaN reaches it, that is None.
func (r *reader) unimputed(c model.Column, v *vocabulary) model.Column {
	p, ok := r.passed[c]
	if !ok {
		return c
	}
	for _, category := range v.categories {
		if category.Missing {
			if p.require >= 0 {
				s := r.m.Steps[p.require].(model.Require)
				s.NoMissing = false
				r.m.Steps[p.require] = s
			}
			return p.from
		}
	}
	return c
}

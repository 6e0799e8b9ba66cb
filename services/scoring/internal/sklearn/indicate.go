package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// missingIndicator makes a column of 0 and 1 for each column that had missing values in
// training, or for all, and may refuse missing values elsewhere.
func (r *reader) missingIndicator(o *object, in matrix) (matrix, error) {
	pattern, ok := scalar(o.value("missing_values"))
	if !ok {
		return in, o.refuse("missing_values of type "+typeName(o.value("missing_values")), "NaN, None, pandas.NA, a number, a string")
	}
	which := o.only("features", "missing-only", "all")
	if o.err != nil {
		return in, o.err
	}
	if in.sparse {
		return in, o.refuse("a sparse matrix", "dense matrices")
	}
	for _, c := range in.cols {
		if pattern.Kind == model.String {
			if err := r.hold(o, c, text); err != nil {
				return in, err
			}
		} else if r.kinds[c] != text {
			if err := r.hold(o, c, numeric); err != nil {
				return in, err
			}
			r.require(o, []model.Column{c}, demand{noMissing: !pattern.Missing, finite: true})
		}
	}
	if which == "missing-only" && o.flag("error_on_new", true) {
		if err := r.refuseNew(o, in, pattern); err != nil {
			return in, err
		}
	}
	out := matrix{elem: small, sparse: o.value("sparse") == true}
	err := r.indicateColumns(o, o, in, pattern, &out)
	return out, firstOf(err, o.err)
}

// refuseNew refuses what counts as missing in columns that had nothing missing in training.
func (r *reader) refuseNew(o *object, in matrix, pattern model.Scalar) error {
	known, err := r.integersOf(o.value("features_"))
	if err != nil {
		return o.wrong("attribute features_: %v", err)
	}
	had := make(map[int]bool)
	for _, f := range known {
		had[f] = true
	}
	for i, c := range in.cols {
		p, ok := r.pattern(c, pattern)
		if had[i] || !ok {
			continue
		}
		if !p.Missing {
			marked, err := r.columns(o, 1, r.kinds[c])
			if err != nil {
				return err
			}
			r.step(model.Impute{In: c, Out: marked[0], Missing: p, Fill: model.Scalar{Kind: p.Kind, Missing: true}})
			c = marked[0]
		}
		r.step(model.Require{In: c, By: o.by(), NoMissing: true})
	}
	return nil
}

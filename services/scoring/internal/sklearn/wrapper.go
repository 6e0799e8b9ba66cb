package sklearn

import (
	"errors"
	"math"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A booster is what a wrapper holds, once read.
type booster struct{ m *model.Model }

// boosterInputs defines the features of a wrapper that stands alone: its
// booster knows them.
func (r *reader) boosterInputs(o *object) (matrix, error) {
	if _, ok := predictors[o.name]; !ok {
		return matrix{}, o.unsupported()
	}
	b, err := r.booster(o, false)
	if err != nil {
		return matrix{}, err
	}
	names := o.boosterNames()
	if b.m.Named || len(names) != len(b.m.Features) {
		names = nil
	}
	if b.m.Named {
		for _, f := range b.m.Features {
			names = append(names, f.Name)
		}
	}
	return r.features(o, len(b.m.Features), names)
}

// boosted runs a matrix through the booster of a wrapper of XGBoost, LightGBM
// or CatBoost.
func (r *reader) boosted(o *object, in matrix) error {
	b, err := r.booster(o, in.sparse)
	if err != nil {
		return err
	}
	if len(b.m.Features) != len(in.cols) {
		return o.wrong("its booster was trained on %d columns, but gets %d", len(b.m.Features), len(in.cols))
	}
	if o.library() == "xgboost" {
		if in, err = r.missingToXGBoost(o, in, b.m); err != nil {
			return err
		}
	}
	for i, f := range b.m.Features {
		k := numeric
		if f.Kind == model.String {
			k = text
		}
		if err := r.hold(o, in.cols[i], k); err != nil {
			return err
		}
		if int(in.cols[i]) < len(r.m.Features) {
			r.m.Features[in.cols[i]].Digits = f.Digits
		}
	}
	if err := r.graft(o, in, b.m); err != nil {
		return err
	}
	if len(b.m.Outline) > 0 {
		o.detail("%s", b.m.Outline[0].Detail)
	}
	return nil
}

// missingToXGBoost marks what XGBoost takes as missing: entries that a sparse
// matrix does not store, and the wrapper's own value for missing. XGBoost
// compares both in float32.
func (r *reader) missingToXGBoost(o *object, in matrix, m *model.Model) (matrix, error) {
	sentinel := math.NaN()
	if o.has("missing") {
		sentinel = o.number("missing")
	}
	if o.err != nil {
		return in, o.err
	}
	var err error
	if in.sparse {
		if in.zeros {
			return in, o.refuse("a sparse matrix that may store zeros", "sparse matrices as encoders and column transformers make them, or dense ones")
		}
		if err := r.numbers(o, in); err != nil {
			return in, err
		}
		in, err = r.each(o, in, func(_ int, from, to model.Column) model.Step {
			return model.ZeroAsMissing{In: from, Out: to}
		})
	}
	if math.IsNaN(sentinel) || err != nil {
		return in, err
	}
	for _, f := range m.Features {
		if f.Kind == model.String {
			return in, o.refuse("both string categories and a missing value other than NaN", "missing=NaN")
		}
	}
	if err := r.numbers(o, in); err != nil {
		return in, err
	}
	in, err = r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Round32{In: from, Out: to}
	})
	if err != nil {
		return in, err
	}
	if strings.HasPrefix(m.Source.Version, "0.") { // which refuse NaN beside another missing value
		r.require(o, in.cols, demand{noMissing: true})
	}
	missing := model.Scalar{Number: float64(float32(sentinel))}
	return r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Impute{In: from, Out: to, Missing: missing, Fill: model.Scalar{Missing: true}}
	})
}

// booster reads the booster of a wrapper, once. The first to ask knows whether
// it gets a sparse matrix: one that stands alone does not.
func (r *reader) booster(o *object, sparse bool) (*booster, error) {
	if b := r.read[o.Object]; b != nil {
		return b, nil
	}
	var m *model.Model
	var err error
	switch library := o.library(); {
	case o.name == nativeBooster:
		m, err = r.native(o)
	case library == "xgboost":
		m, err = r.xgboost(o)
	case library == "catboost":
		m, err = r.catboost(o, sparse)
	default:
		m, err = r.lightgbm(o, sparse)
	}
	if err != nil {
		return nil, err
	}
	r.embed(o.library(), m.Source.Version)
	b := &booster{m: m}
	r.read[o.Object] = b
	return b, nil
}

// handle finds the booster's bytes in a wrapper.
func (o *object) handle() []byte {
	b := o.inner()
	if b == nil {
		o.fail("attribute _Booster is not a booster; is the object fitted?")
		return nil
	}
	for _, name := range []string{"handle", "_handle"} {
		switch v, _ := b.Attr(name); v := v.(type) {
		case pickle.Bytes:
			return v
		case string:
			return []byte(v)
		}
	}
	o.fail("its booster has no handle")
	return nil
}

func (r *reader) xgboost(o *object) (*model.Model, error) {
	if r.boosters.XGBoost == nil {
		return nil, o.unsupported()
	}
	// An objective of the user's own is not asked when it predicts: fit gives the
	// booster reg:squarederror, binary:logistic or multi:softprob beside it.
	raw := o.handle()
	var classes []model.Label
	if o.classifier() {
		classes = o.xgboostClasses()
	}
	if o.err != nil {
		return nil, o.err
	}
	m, err := r.boosters.XGBoost(raw, o.bestTrees(raw), classes)
	return m, o.within(err)
}

// xgboostClasses are the labels that predict returns: 0 to n-1, or those of
// the label encoder that XGBoost before 1.6 could use.
func (o *object) xgboostClasses() []model.Label {
	if o.has("_le") {
		encoder, err := o.r.open(o.value("_le"), join(o.path, "_le"))
		if err != nil {
			o.err = err
			return nil
		}
		classes := encoder.classes()
		o.err = encoder.err
		return classes
	}
	n := 0
	if o.has("n_classes_") {
		n = o.integer("n_classes_")
	}
	if o.err == nil && (n < 2 || n > model.MaxScores) {
		o.fail("%d classes", n)
	}
	if o.err != nil {
		return nil
	}
	classes := make([]model.Label, n)
	for i := range classes {
		classes[i].Integer = int64(i)
	}
	return classes
}

func (r *reader) lightgbm(o *object, sparse bool) (*model.Model, error) {
	read := r.boosters.LightGBM
	if sparse {
		read = r.boosters.LightGBMSparse
	}
	if read == nil {
		return nil, o.unsupported()
	}
	if d, ok := attribute[*pickle.Dict](o.Object, "_other_params"); ok {
		for _, k := range d.Keys {
			name, _ := k.(string)
			if strings.HasPrefix(name, "pred") || strings.HasSuffix(name, "_predict") || strings.HasSuffix(name, "raw_score") {
				return nil, o.refuse("the parameter "+name, "parameters of training")
			}
		}
	}
	raw, rounds := o.handle(), o.bestIteration()
	var classes []model.Label
	if o.classifier() && o.ownObjective() && !o.has("_n_features_in") {
		return nil, o.refuse("an objective of its own, by a version that makes classes of raw scores", "LightGBM 3.0 or newer")
	}
	if o.classifier() && !o.ownObjective() {
		if !o.has("_le") {
			return nil, o.wrong("attribute _le is missing; is the object fitted?")
		}
		encoder, err := r.open(o.value("_le"), join(o.path, "_le"))
		if err != nil {
			return nil, err
		}
		if classes = encoder.classes(); encoder.err != nil {
			return nil, encoder.err
		}
		if len(classes) < 2 {
			return nil, o.refuse("a single class", "two classes or more")
		}
	}
	if o.err != nil {
		return nil, o.err
	}
	m, err := read(raw, rounds, classes)
	return m, o.within(err)
}

// ownObjective reports whether LightGBM was trained with an objective of the user's
// own: then predict and predict_proba of a classifier, too, return raw scores.
func (o *object) ownObjective() bool {
	v, ok := o.attr("_objective")
	if !ok {
		v, ok = o.attr("objective")
	}
	_, named := v.(string)
	return ok && v != nil && !named
}

// within puts the error of another reader in its place.
func (o *object) within(err error) error {
	var (
		unsupported *model.UnsupportedError
		format      *model.FormatError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsupported):
		return &model.UnsupportedError{Class: o.name + ": " + unsupported.Class, Path: join(o.path, unsupported.Path), Supported: unsupported.Supported}
	case errors.As(err, &format):
		return &model.FormatError{Format: format.Format, Offset: format.Offset, What: "in " + o.by() + ": " + format.What}
	}
	return o.wrong("%v", err)
}

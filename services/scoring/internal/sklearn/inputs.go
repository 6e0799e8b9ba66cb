package sklearn

import (
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// inputs defines the features: those of the first object that says what it was
// trained on. The outermost containers do not: a pipeline leaves it to its
// first step, a search to its best model.
func (r *reader) inputs(root *object) (matrix, error) {
	o, err := r.first(root)
	if err != nil {
		return matrix{}, err
	}
	if o.library() != "scikit-learn" {
		return r.boosterInputs(o)
	}
	if o.name == "IsotonicRegression" {
		return r.features(o, 1, nil) // says nothing of its one column
	}
	if o.name == "DictVectorizer" {
		return r.dictionary(o)
	}
	if textual(o.name) {
		return r.features(o, 1, nil)
	}
	if !o.has("n_features_in_") {
		return matrix{}, o.wrong("attribute n_features_in_ is missing; is the object fitted, with scikit-learn 0.24 or newer?")
	}
	n := o.integer("n_features_in_")
	if o.err != nil {
		return matrix{}, o.err
	}
	var names []string
	if o.has("feature_names_in_") {
		for _, v := range o.list("feature_names_in_") {
			s, ok := v.(string)
			if !ok {
				return matrix{}, o.wrong("attribute feature_names_in_ holds a %s", typeName(v))
			}
			names = append(names, s)
		}
		if o.err == nil && len(names) != n {
			return matrix{}, o.wrong("%d feature names for %d features", len(names), n)
		}
	}
	if o.err != nil {
		return matrix{}, o.err
	}
	return r.features(o, n, names)
}

// features defines n inputs, with names or without.
func (r *reader) features(o *object, n int, names []string) (matrix, error) {
	cols, err := r.columns(o, n, open)
	if err != nil {
		return matrix{}, err
	}
	r.m.Named = names != nil
	r.m.Features = make([]model.Feature, n)
	for i := range r.m.Features {
		r.m.Features[i].Name = "x" + strconv.Itoa(i)
		if names != nil {
			r.m.Features[i].Name = names[i]
		}
	}
	in := matrix{cols: cols}
	if r.naming {
		for _, f := range r.m.Features {
			in.names = append(in.names, f.Name)
		}
	}
	return in, nil
}

// first finds the object that the input goes to first and that says how many
// columns it has. A FunctionTransformer that does not validate says nothing
// before 1.2, and keeps what it gets: the next in line is asked.
func (r *reader) first(o *object) (*object, error) {
	for range maxDepth {
		var next pickle.Value
		var path string
		switch o.name {
		case "Pipeline", "PMMLPipeline", "FeatureUnion":
			list := "steps"
			if o.name == "FeatureUnion" {
				list = "transformer_list"
			}
			for _, m := range o.members(list, 2) {
				if !silent(m.value) {
					next, path = m.value, join(o.path, m.name)
					break
				}
			}
		case "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV":
			if !o.has("best_estimator_") {
				return nil, o.refuse("refit=False, or not fitted", "a search that kept its best model (refit=True)")
			}
			next, path = o.value("best_estimator_"), join(o.path, "best_estimator_")
		case "SelectFromModel":
			if next, path = o.value("estimator"), join(o.path, "estimator"); o.has("estimator_") {
				next, path = o.value("estimator_"), join(o.path, "estimator_")
			}
		case "TransformedTargetRegressor":
			next, path = o.value("regressor_"), join(o.path, "regressor_")
		default:
			attribute, ok := o.holder()
			if !ok {
				return o, nil
			}
			if next, path = o.value(attribute), join(o.path, attribute); attribute == "estimators_" || attribute == "calibrated_classifiers_" {
				if list := o.list(attribute); len(list) > 0 {
					next = list[0]
				}
			}
		}
		if o.err != nil {
			return nil, o.err
		}
		var err error
		if o, err = r.open(next, path); err != nil {
			return nil, err
		}
	}
	return nil, o.wrong("objects within objects, more than %d deep", maxDepth)
}

// silent tells whether a step leaves the columns alone and does not say how
// many there are.
func silent(v pickle.Value) bool {
	if v == nil || v == "passthrough" || v == "drop" || sampler(v) {
		return true
	}
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil || p.Class.Name != "FunctionTransformer" {
		return false
	}
	_, says := p.Attr("n_features_in_")
	return !says
}

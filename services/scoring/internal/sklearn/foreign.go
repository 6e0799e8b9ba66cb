package sklearn

import "github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"

// training are the attributes that are asked when a model is fitted and
// never again. A function of the user's own may stand there: an objective, a
// metric, a scorer, the splits of a search, how its best candidate and the
// columns of a ColumnTransformer were chosen (what was chosen stands elsewhere).
var training = map[string]bool{
	"objective": true, "_objective": true, "_fobj": true, "eval_metric": true, "callbacks": true, // of boosters
	"scoring": true, "scorer_": true, "refit": true, "cv": true, "cv_results_": true, // of searches and whatever cross-validates
	"_checked_cv_orig": true, "_scorer": true, "_curve_scorer": true, "importance_getter": true, // SelectFromModel's is judged where it is read
	"is_data_valid": true, "is_model_valid": true, // of RANSACRegressor
	"param_grid": true, "param_distributions": true, "best_params_": true,
	"score_func":   true, // of a selection, whose scores_ are kept
	"transformers": true, // of a ColumnTransformer, whose transformers_ are kept
	// How columns are called, which is no part of an answer.
	"verbose_feature_names_out": true, "feature_name_combiner": true, "feature_names_out": true,
}

// Foreign lists the globals of a file's Foreign that a model may depend on: those
// that stand elsewhere than where only training asks, or that were called.
func Foreign(f *pickle.File) []*pickle.Class {
	if len(f.Foreign) == 0 || f.Calls {
		return f.Foreign
	}
	foreign := make(map[[2]string]bool, len(f.Foreign))
	for _, c := range f.Foreign {
		foreign[[2]string{c.Module, c.Name}] = true
	}
	var found []*pickle.Class
	seen := make(map[any]bool)
	next := []pickle.Value{f.Root}
	for len(next) > 0 {
		v := next[len(next)-1]
		next = next[:len(next)-1]
		if key := identity(v); key != nil {
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		switch v := v.(type) {
		case *pickle.Class:
			if v == nil {
				continue
			}
			if key := [2]string{v.Module, v.Name}; foreign[key] {
				delete(foreign, key)
				found = append(found, v)
			}
		case *pickle.Object:
			next = append(next, v.Class, v.Args)
			next = append(next, v.Items...)
			next = append(next, asked(v.State)...)
			next = append(next, asked(v.Kwargs)...)
			next = append(next, asked(v.Pairs)...)
		case pickle.Tuple:
			next = append(next, v...)
		case *pickle.List:
			next = append(next, v.Items...)
		case *pickle.Set:
			next = append(next, v.Items...)
		case *pickle.Dict:
			next = append(append(next, v.Keys...), v.Values...)
		case *pickle.Array:
			next = append(next, v.Objects...)
		}
	}
	return found
}

// asked are the values of an object's state without what only training asks.
func asked(state pickle.Value) (values []pickle.Value) {
	switch s := state.(type) {
	case *pickle.Dict:
		if s == nil {
			return nil
		}
		for i, k := range s.Keys {
			if name, ok := k.(string); !ok || !training[name] {
				values = append(values, k, s.Values[i])
			}
		}
	case pickle.Tuple: // a dict and the slots
		for _, part := range s {
			values = append(values, asked(part)...)
		}
	case nil:
	default:
		values = append(values, s)
	}
	return values
}

// identity is what tells a value from another that looks the same; nil of one that holds none.
func identity(v pickle.Value) any {
	switch v := v.(type) {
	case pickle.Tuple:
		if len(v) > 0 {
			return &v[0]
		}
	case *pickle.Object, *pickle.List, *pickle.Set, *pickle.Dict, *pickle.Array:
		return v
	}
	return nil
}

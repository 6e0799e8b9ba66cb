package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// whole reads the outermost object: a predictor, or where nothing predicts a transformer.
func (r *reader) whole(root *object, in matrix) error {
	if !r.naming {
		return r.predictor(root.Object, "", in)
	}
	out, err := r.transform(root.Object, "", in)
	if err != nil {
		return err
	}
	if n := len(out.cols); n > model.MaxScores {
		return root.refuse(itoa(n)+" columns of transform", itoa(model.MaxScores)+" columns at most")
	}
	if err := r.settleAll(root); err != nil {
		return err
	}
	for _, c := range out.cols {
		if r.kinds[c] == text {
			return root.refuse("strings among what transform yields", "columns of numbers")
		}
	}
	if err := r.numbers(root, out); err != nil {
		return err
	}
	r.m.Names = out.names
	r.m.Transformed, r.m.Estimator = out.cols, &model.Given{Scores: out.cols}
	r.m.Output = model.Output{Task: model.Transformation, Link: model.LinkIdentity, Scale: 1}
	if out.elem == single {
		r.m.Output.Precision = model.F32
	}
	return nil
}

// transforms tells whether an object ends in one that transforms and does not predict. What
// nobody knows is left to be refused as a predictor.
func (r *reader) transforms(v pickle.Value) bool {
	for range maxDepth {
		if v == nil || v == "passthrough" {
			return true
		}
		p, ok := v.(*pickle.Object)
		if !ok || p.Class == nil {
			return false
		}
		switch p.Class.Name {
		case "Pipeline", "PMMLPipeline":
			steps, _ := p.Attr("steps")
			list, _ := items(steps)
			if len(list) == 0 {
				return false
			}
			last, _ := items(list[len(list)-1])
			if len(last) != 2 {
				return false
			}
			v = last[1]
		case "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV":
			if v, ok = p.Attr("best_estimator_"); !ok {
				return false
			}
		case "FrozenEstimator":
			if v, ok = p.Attr("estimator"); !ok {
				return false
			}
		default:
			_, transforms := transformers[p.Class.Name]
			_, predicts := predictors[p.Class.Name]
			return transforms && !predicts
		}
	}
	return false
}

// searchTransform is a search over the parameters of a transformer, of which the best is kept.
func (r *reader) searchTransform(o *object, in matrix) (matrix, error) {
	o.detail("the best model is served")
	return r.transform(o.value("best_estimator_"), join(o.path, "best_estimator_"), in)
}

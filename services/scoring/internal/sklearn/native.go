package sklearn

import (
	"bytes"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// nativeBooster is the class of a booster of XGBoost or LightGBM itself, which
// a pickle may hold without a wrapper of scikit-learn's interface.
const nativeBooster = "Booster"

// native reads such a booster.
func (r *reader) native(o *object) (*model.Model, error) {
	read := r.boosters.Native[o.library()]
	if read == nil {
		return nil, o.unsupported()
	}
	raw, rounds := o.handle(), 0
	if o.library() == "lightgbm" { // whose predict stops at the best iteration
		rounds = o.bestIteration()
	}
	if o.err != nil {
		return nil, o.err
	}
	m, err := read(raw, rounds, nil)
	return m, o.within(err)
}

// inner is the booster that an object holds, or is; nil without one.
func (o *object) inner() *pickle.Object {
	if o.name == nativeBooster {
		return o.Object
	}
	b, _ := o.value("_Booster").(*pickle.Object)
	return b
}

// bestIteration is what early stopping left in a booster of LightGBM; 0 without.
func (o *object) bestIteration() int {
	if b := o.inner(); b != nil {
		if n, ok := attribute[int64](b, "best_iteration"); ok && n > 0 && n < math.MaxInt32 {
			return int(n)
		}
	}
	return 0
}

// boosterNames are the features' names that a booster of XGBoost keeps beside
// its bytes; since 1.4 the bytes have them.
func (o *object) boosterNames() []string {
	b := o.inner()
	if b == nil || o.library() != "xgboost" {
		return nil
	}
	list, ok := attribute[*pickle.List](b, "feature_names")
	if !ok {
		return nil
	}
	var names []string
	for _, v := range list.Items {
		name, ok := v.(string)
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// bestTrees is how many trees a score a wrapper of XGBoost before 1.0 predicts
// with after early stopping; 0 for all. Later the bytes tell.
func (o *object) bestTrees(raw []byte) int {
	if bytes.HasPrefix(raw, []byte("{")) || bytes.HasPrefix(raw, []byte("CONFIG-offset:")) {
		return 0
	}
	if n, ok := attribute[int64](o.Object, "best_ntree_limit"); ok && n > 0 && n < math.MaxInt32 {
		return int(n)
	}
	return 0
}

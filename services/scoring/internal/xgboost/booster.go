package xgboost

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// maxBare is how many scores there may be for which there are not as many trees, as
// before the first round: a small file may claim any number.
const maxBare = 1 << 10

// ensemble makes the trees of gbtree and dart. Every sum starts at its base
// and adds the trees in order, in float32 (src/predictor/cpu_predictor.cc).
func (b *booster) ensemble(s reporter, d *document, base []float32, rounds int, inPlace bool) (*model.Ensemble, error) {
	if len(b.groups) != len(b.trees) {
		return nil, s.fail("tree_info of %d trees, of %d", len(b.groups), len(b.trees))
	}
	if len(base) > max(maxBare, len(b.trees)) && !slices.Contains(b.vector, len(base)) {
		return nil, s.fail("%d scores, of %d trees of one score each", len(base), len(b.trees))
	}
	n, err := b.limit(s, d, rounds)
	if err != nil {
		return nil, err
	}
	e := &model.Ensemble{
		Input: model.F32, Compare: model.Less, Sum: model.F32,
		Trees: b.trees[:n], Sets: b.sets,
	}
	for _, v := range base {
		e.Base = append(e.Base, float64(v))
	}
	for i := range e.Trees {
		switch t := &e.Trees[i]; {
		case b.vector[i] == 1:
			t.Score = b.groups[i]
			if t.Score < 0 || int(t.Score) >= len(base) {
				return nil, s.fail("tree %d adds to score %d of %d", i, t.Score, len(base))
			}
		case b.vector[i] == len(base):
			t.Score = -1
		default:
			return nil, s.fail("tree %d has leaves of %d values for %d scores", i, b.vector[i], len(base))
		}
	}
	d.castCategories(e)
	if len(b.drop) != 0 || b.name == "dart" {
		// Since 3.3 DART is a gbtree with weights, and both paths are the first one.
		err = b.weigh(s, e, base, inPlace && b.name == "dart")
	}
	if !d.known(1, 3) || b.name == "dart" && !d.known(1, 4) {
		baseLast(e)
	}
	return e, err
}

// baseLast makes sums start at 0 and end with the base, as before 1.3,
// with dart before 1.4 (src/predictor/cpu_predictor.cc, src/gbm/gbtree.cc,
// PredValue): a last tree of one leaf adds it.
func baseLast(e *model.Ensemble) {
	for k, v := range e.Base {
		e.Trees = append(e.Trees, model.Tree{Score: int32(k), Leaves: []float64{v}}) // #nosec G115 -- at most MaxScores
	}
	clear(e.Base)
}

// castCategories gives categorical splits the rule of the library's version for
// values that are no category of the split (src/common/categorical.h,
// Decision): left since 1.7; before, 1.6 sent what lies outside the split's
// bits the way of missing values, and 1.5 truncated before it looked at the
// sign.
func (d *document) castCategories(e *model.Ensemble) {
	if d.known(1, 7) {
		return
	}
	for _, t := range e.Trees {
		for _, n := range t.Nodes {
			if n.Set < 0 {
				continue
			}
			if s := &e.Sets[n.Set]; d.since(1, 6) {
				s.Others, s.Limit = n.Missing, float64(len(s.Members)*32)
			} else {
				s.TruncateFirst = true
			}
		}
	}
}

// limit returns how many trees the given number of rounds makes, 0 for all.
func (b *booster) limit(s reporter, d *document, rounds int) (int, error) {
	if rounds == 0 {
		return len(b.trees), nil
	}
	n := int64(rounds) * int64(max(1, b.parallel)) * int64(d.scores())
	if b.rounds != nil {
		n = -1
		if rounds < len(b.rounds) {
			n = int64(b.rounds[rounds])
		}
	}
	if n < 0 || n > int64(len(b.trees)) {
		return 0, s.fail("%d boosting rounds are asked for; there are fewer", rounds)
	}
	return int(n), nil
}

// weigh multiplies DART's weights into the leaves, with the roundings of the
// path that predicts (src/gbm/gbtree.cc, class Dart). With a DMatrix it is
// sum += leaf·w. In place, one tree's prediction still holds the base:
// sum += ((base + leaf) - base)·w.
func (b *booster) weigh(s reporter, e *model.Ensemble, base []float32, inPlace bool) error {
	if len(b.drop) != len(b.trees) {
		return s.fail("weights of %d trees, of %d", len(b.drop), len(b.trees))
	}
	for i := range e.Trees {
		t := &e.Trees[i]
		if t.Score < 0 {
			return unsupported("dart with leaves of several values", "dart with one value a leaf")
		}
		start := base[t.Score]
		for j, v := range t.Leaves {
			leaf := float32(v)
			if inPlace {
				leaf = start + leaf
				leaf -= start
			}
			t.Leaves[j] = float64(leaf * b.drop[i])
		}
	}
	return nil
}

// linear makes gblinear: the weights are stored feature by feature, the biases
// last, and the sum starts at bias + base (src/gbm/gblinear.cc, Pred).
func (b *booster) linear(s reporter, d *document, base []float32) (*model.Linear, error) {
	k := len(base)
	if len(b.weights) != (d.features+1)*k {
		return nil, s.fail("%d weights for %d features and %d scores", len(b.weights), d.features, k)
	}
	l := &model.Linear{Sum: model.F32, BiasFirst: true}
	for g := range base {
		row := make([]float64, d.features)
		for f := range row {
			row[f] = float64(b.weights[f*k+g])
		}
		l.Coef = append(l.Coef, row)
		// Where base_score is a vector, gblinear takes its first element for
		// every score (src/gbm/gblinear.cc, PredictBatchInternal).
		l.Intercept = append(l.Intercept, float64(b.weights[d.features*k+g]+base[0]))
	}
	return l, nil
}

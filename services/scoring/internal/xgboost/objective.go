package xgboost

import (
	"maps"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// space is where base_score is stored, relative to the raw scores.
type space uint8

const (
	margin      space = iota // as it is
	probability              // base = logit(base_score)
	mean                     // base = log(base_score)
	rising                   // base = what model.LinkRising makes base_score of
)

// An objective is what an objective means for predictions: ProbToMargin and
// PredTransform of src/objective.
type objective struct {
	base space
	link model.Link
	// Of the wrapper XGBClassifier (python-package/xgboost/sklearn.py);
	// classifier is false where its predict has no sensible meaning.
	classifier bool
	decision   model.Decision
	probable   bool
}

var objectives = map[string]objective{
	"reg:squarederror":     {},
	"reg:linear":           {},
	"reg:squaredlogerror":  {},
	"reg:pseudohubererror": {},
	"reg:absoluteerror":    {},
	"reg:quantileerror":    {},
	"reg:expectileerror":   {base: rising, link: model.LinkRising},
	"rank:pairwise":        {},
	"rank:ndcg":            {},
	"rank:map":             {},
	"reg:logistic":         {base: probability, link: model.LinkLogisticF32, classifier: true, decision: model.DecideAboveHalf, probable: true},
	"binary:logistic":      {base: probability, link: model.LinkLogisticF32, classifier: true, decision: model.DecideAboveHalf, probable: true},
	"binary:logitraw":      {classifier: true, decision: model.DecideAboveHalf}, // the wrapper compares the raw score with 0.5
	"binary:hinge":         {link: model.LinkStep, classifier: true, decision: model.DecideAboveHalf, probable: true},
	"multi:softprob":       {link: model.LinkSoftmaxF32, classifier: true, decision: model.DecideArgmax, probable: true},
	"multi:softmax":        {link: model.LinkArgmax, classifier: true, decision: model.DecideArgmaxScore, probable: true},
	"count:poisson":        {base: mean, link: model.LinkExp},
	"reg:gamma":            {base: mean, link: model.LinkExp},
	"reg:tweedie":          {base: mean, link: model.LinkExp},
	"survival:cox":         {base: mean, link: model.LinkExp},
	"survival:aft":         {base: mean, link: model.LinkExp},
}

// Objectives returns the names of all objectives that are read, sorted.
func Objectives() []string { return slices.Sorted(maps.Keys(objectives)) }

const supportedObjectives = "the objectives reg:*, binary:*, multi:*, rank:*, count:poisson, survival:cox and survival:aft of XGBoost"

// margins turns base_score into the values where the sums start, one a score.
func (d *document) margins(s reporter, o objective) ([]float32, error) {
	n := d.scores()
	switch len(d.baseScore) {
	case n:
	case 0:
		return nil, s.fail("there is no base_score")
	case 1: // until 3.0 there was one for all scores
	default:
		return nil, s.fail("%d values of base_score for %d scores", len(d.baseScore), n)
	}
	base := make([]float32, n)
	for k := range base {
		p := d.baseScore[min(k, len(d.baseScore)-1)]
		space := o.base
		switch {
		case d.rawBase:
			space = margin
		case d.objective == "binary:logitraw" && !d.known(1, 3):
			space = probability
		}
		switch space {
		case margin:
			base[k] = p
		case probability:
			if d.since(3, 2) {
				// regression_loss.h of 3.2: degenerate labels give 0 or 1.
				const eps = 1e-6
				if p >= 0 && p <= 1 {
					p = min(max(p, eps), 1-float32(eps))
				}
			}
			if !(p > 0 && p < 1) {
				return nil, s.fail("base_score %v is not a probability", p)
			}
			base[k] = -logf(1/p - 1)
		case mean:
			if !(p > 0) {
				return nil, s.fail("base_score %v is not above 0", p)
			}
			base[k] = logf(p)
		case rising:
			if base[k] = p; k == 0 {
				break
			}
			const apart = float32(model.RisingStep)
			step := max(p-d.baseScore[min(k, len(d.baseScore))-1]-apart, apart)
			base[k] = logf(float32(math.Expm1(float64(step))))
		}
		if math.IsInf(float64(base[k]), 0) {
			return nil, s.fail("base_score %v gives an infinite base", p)
		}
	}
	return base, nil
}

// known is since, where a file that does not tell its version is a new one.
func (d *document) known(major, minor int) bool {
	return d.version == [3]int{} || d.since(major, minor)
}

func (d *document) since(major, minor int) bool {
	return d.version[0] > major || d.version[0] == major && d.version[1] >= minor
}

package sklearn

import (
	"math"
	"slices"
)

// boosterImportances are those that the booster of a wrapper knows.
func (o *object) boosterImportances(read Importances, n int) ([]float64, error) {
	kind, rounds := "", 0
	if o.library() == "lightgbm" {
		kind, rounds = o.text("importance_type"), o.bestIteration()
	} else if o.has("importance_type") {
		kind = o.text("importance_type")
	}
	raw := o.handle()
	if o.err != nil {
		return nil, o.err
	}
	if !o.r.spend(len(raw)) {
		return nil, o.wrong("the boosters that select columns are too large together")
	}
	scores, version, err := read(raw, kind, rounds)
	if err != nil {
		return nil, o.within(err)
	}
	o.r.embed(o.library(), version)
	if len(scores) != n {
		return nil, o.wrong("its booster knows %d features, but it gets %d columns", len(scores), n)
	}
	return scores, nil
}

// doubtful is how near to one another numbers must be for versions of a booster to differ
// about which is greater: some add up gains in float32, or print them with six digits.
const doubtful = 1e-4

// clear makes sure that no version of the booster could select other columns. Counts of
// LightGBM's splits are exact.
func (o *object) clear(of *object, scores []float64, threshold float64) error {
	if o.library() == "lightgbm" && o.text("importance_type") == "split" {
		return o.err
	}
	near := func(a, b float64) bool {
		return a != b && math.Abs(a-b) <= doubtful*max(math.Abs(a), math.Abs(b)) || a == b && a != 0
	}
	self := of.value("threshold") == "median" && len(scores)%2 == 1 // the threshold is one of them
	for _, s := range scores {
		if self && s == threshold {
			self = false
			continue
		}
		if !math.IsInf(threshold, 0) && near(s, threshold) {
			return of.refuse("importances that are next to the threshold", "importance_type=split, of LightGBM, or another threshold")
		}
	}
	most, ok := of.attr("max_features")
	if !ok || most == nil {
		return nil
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if near(sorted[i-1], sorted[i]) {
			return of.refuse("max_features, and importances that are next to one another", "importance_type=split, of LightGBM, or a threshold")
		}
	}
	return nil
}

package sklearn

import (
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// wrapping are the classes of other packages that only wrap those of scikit-learn: they
// predict as the class of scikit-learn does that they are made from.
var wrapping = map[string][]string{
	"imblearn":     {"Pipeline", "BalancedBaggingClassifier", "BalancedRandomForestClassifier", "EasyEnsembleClassifier", "RUSBoostClassifier"},
	"sklearn2pmml": {"PMMLPipeline"},
}

// wraps tells whether a class is one of them.
func wraps(c *pickle.Class) bool {
	root, _, _ := strings.Cut(c.Module, ".")
	return slices.Contains(wrapping[root], c.Name)
}

// sampler tells whether a step of imbalanced-learn's pipelines chooses the rows of training;
// nothing goes through it afterwards.
func sampler(v pickle.Value) bool {
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil {
		return false
	}
	for _, module := range []string{"imblearn.over_sampling", "imblearn.under_sampling", "imblearn.combine"} {
		if p.Class.Module == module || strings.HasPrefix(p.Class.Module, module+".") {
			return true
		}
	}
	return p.Class.Module == "imblearn.base" && p.Class.Name == "FunctionSampler"
}

// versionWithin is what an object says of the scikit-learn that wrote it, or what the first
// object within it does: classes of other packages say nothing.
func (o *object) versionWithin() version {
	for range maxDepth {
		if v := o.version(); v.text != "" || !wraps(o.Class) && o.name != "Pipeline" {
			return v
		}
		var next *pickle.Object
		for _, attribute := range []string{"steps", "estimators_"} {
			v, _ := o.attr(attribute)
			list, _ := items(v)
			for _, entry := range list[:min(len(list), maxParts)] {
				if t, ok := entry.(pickle.Tuple); ok && len(t) == 2 {
					entry = t[1]
				}
				p, ok := entry.(*pickle.Object)
				if next == nil && ok && p.Class != nil && !sampler(p) {
					next = p
				}
			}
		}
		if next == nil {
			return version{}
		}
		o = &object{Object: next, r: o.r, name: next.Class.Name}
	}
	return version{}
}

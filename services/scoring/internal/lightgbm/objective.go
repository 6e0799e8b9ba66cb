package lightgbm

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

const supportedObjectives = "the objectives of LightGBM 2 to 4 and models without one"

// An objective is its ConvertOutput (src/objective/*.hpp).
type objective struct {
	link  model.Link
	scale bool // of the parameter sigmoid
	root  bool // with the word sqrt, which squares
}

// objectives are known by the names that files hold. Without one, or with one
// of the user's own, scores are what predict returns.
var objectives = map[string]objective{
	"":              {},
	"custom":        {},
	"lambdarank":    {},
	"rank_xendcg":   {},
	"regression":    {root: true},
	"regression_l1": {root: true},
	"huber":         {root: true},
	"fair":          {root: true},
	"mape":          {root: true},
	"quantile":      {},
	"poisson":       {link: model.LinkExp},
	"gamma":         {link: model.LinkExp},
	"tweedie":       {link: model.LinkExp},
	"binary":        {link: model.LinkLogistic, scale: true},
	"multiclass":    {link: model.LinkSoftmax},
	"multiclassova": {link: model.LinkLogisticEach, scale: true},
	"cross_entropy": {link: model.LinkLogistic},
	"xentropy":      {link: model.LinkLogistic}, // its name before 2.3, as the next one's

	"cross_entropy_lambda": {link: model.LinkLog1pExp},
	"xentlambda":           {link: model.LinkLog1pExp},
}

// Objectives returns the names of all objectives that are read, sorted.
func Objectives() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(objectives)), func(name string) bool { return name == "" })
}

// link finds the link of an objective, which is stored with its parameters:
// "binary sigmoid:1".
func link(text string) (l model.Link, scale float64, err error) {
	name, parameters, _ := strings.Cut(text, " ")
	o, known := objectives[name]
	sigmoid, root := 1.0, false
	for _, p := range strings.Fields(parameters) {
		if value, found := strings.CutPrefix(p, "sigmoid:"); found {
			if sigmoid, err = strconv.ParseFloat(value, 64); err != nil {
				known = false
			}
		}
		root = root || p == "sqrt"
	}
	switch {
	case !known, root && name == "quantile":
		// Quantile writes the word, but does not read it back; a model that was
		// not reloaded squares, one that was does not.
		return 0, 0, unsupported("the objective "+text, supportedObjectives)
	case root && o.root:
		return model.LinkSignedSquare, 1, nil
	case o.scale:
		return o.link, sigmoid, nil
	}
	return o.link, 1, nil
}

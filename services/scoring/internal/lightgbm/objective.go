package lightgbm

import (
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

const supportedObjectives = "the objectives of LightGBM 2 to 4 and models without one"

// link finds the link of an objective: ConvertOutput of src/objective/*.hpp.
// The objective is stored with its parameters: "binary sigmoid:1".
func link(objective string) (l model.Link, scale float64, err error) {
	name, parameters, _ := strings.Cut(objective, " ")
	unknown := func() (model.Link, float64, error) {
		return 0, 0, unsupported("the objective "+objective, supportedObjectives)
	}
	sigmoid, root := 1.0, false
	for _, p := range strings.Fields(parameters) {
		if text, found := strings.CutPrefix(p, "sigmoid:"); found {
			if sigmoid, err = strconv.ParseFloat(text, 64); err != nil {
				return unknown()
			}
		}
		root = root || p == "sqrt"
	}
	switch name {
	case "", "custom", "lambdarank", "rank_xendcg":
		return model.LinkIdentity, 1, nil
	case "regression", "regression_l1", "huber", "fair", "quantile", "mape":
		if root && name == "quantile" {
			// Quantile writes the word, but does not read it back; a model that
			// was not reloaded squares, one that was does not.
			return unknown()
		}
		if root {
			return model.LinkSignedSquare, 1, nil
		}
		return model.LinkIdentity, 1, nil
	case "poisson", "gamma", "tweedie":
		return model.LinkExp, 1, nil
	case "binary":
		return model.LinkLogistic, sigmoid, nil
	case "cross_entropy", "xentropy": // the second is its name before 2.3
		return model.LinkLogistic, 1, nil
	case "cross_entropy_lambda", "xentlambda":
		return model.LinkLog1pExp, 1, nil
	case "multiclass":
		return model.LinkSoftmax, 1, nil
	case "multiclassova":
		return model.LinkLogisticEach, sigmoid, nil
	}
	return unknown()
}

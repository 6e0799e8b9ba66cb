package sklearn

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// A Booster reads the bytes of another library's booster that a scikit-learn
// wrapper holds (XGBoost: the UBJSON or JSON of the handle; LightGBM: the
// model's text).
//
// The model that comes back has the booster's features as columns 0 to n-1; it
// may have steps of its own, and Source.Version when the bytes tell it.
//
// Rounds is how many boosting rounds to use, 0 for what the library's own
// Booster.predict would use. With classes the wrapper is a classifier, and the
// output must be a classification with exactly these labels, deciding as the
// wrapper's predict does; without, it is a regression whose values are what
// the wrapper's predict returns.
type Booster func(raw []byte, rounds int, classes []model.Label) (*model.Model, error)

// Boosters are the readers of boosters that estimators may hold. One that is
// nil makes its estimators unsupported.
type Boosters struct {
	XGBoost  Booster
	LightGBM Booster
	// LightGBMSparse is LightGBM for rows of a sparse matrix, in which numbers
	// next to zero are not zero.
	LightGBMSparse Booster
	// CatBoost reads the binary model of an object of the class.
	CatBoost func(raw []byte, class string) (*model.Model, error)
	// Native are readers of boosters that were pickled without a wrapper, by
	// library: what the booster's own predict returns.
	Native map[string]Booster
	// Importances are what wrappers find important, by library: importance_type and
	// the rounds that count, 0 for all; with the version, if the bytes tell it.
	Importances map[string]Importances
}

// Importances reads what a booster finds important, a number a feature.
type Importances func(raw []byte, kind string, rounds int) (scores []float64, version string, err error)

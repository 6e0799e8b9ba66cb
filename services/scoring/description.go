package scoring

// A Description is what there is to know about a model for people.
type Description struct {
	Format    string            `json:"format"`             // how it was stored: joblib, pickle, xgboost-json, xgboost-ubj, lightgbm-text
	Library   string            `json:"library"`            // that trained it, by its PyPI name
	Version   string            `json:"version"`            // of the library; empty when the file does not say
	Embedded  map[string]string `json:"embedded,omitempty"` // other libraries in the file and their versions
	Stages    []Stage           `json:"stages"`
	Estimator string            `json:"estimator"` // "trees", "linear" or "steps"
	Trees     int               `json:"trees"`
	MaxDepth  int               `json:"max_depth"` // splits on the longest path
	Leaves    int               `json:"leaves"`
	// Untested says that the library's version was never tested, and what to do
	// about it.
	Untested string `json:"untested,omitempty"`
	// Fallback says why the model is not evaluated by this processor's vector
	// instructions: a golden row that they get wrong. Empty is as it should be.
	Fallback string `json:"fallback,omitempty"`
}

// A Stage is one step of the original object: its path in the pipeline
// ("preprocess.categories"), its class, and a short detail.
type Stage struct {
	Path   string `json:"path"`
	Class  string `json:"class"`
	Detail string `json:"detail,omitempty"`
}

// Package model has the words in which the parts of predict speak about
// models: a loaded version, the states a version goes through, the errors of
// asking for one, and how inputs are named.
package model

import (
	"context"
	"slices"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A Version is a loaded model version. It is immutable.
type Version struct {
	Name     string
	Number   int64
	Model    Scorer
	Inputs   *Inputs
	Origin   Origin
	Manifest *store.Manifest // nil without a model.yaml
	Bytes    int64           // that the model takes in memory
}

// A Scorer computes predictions; a [*scoring.Model] is one. It is safe for
// concurrent use.
type Scorer interface {
	Signature() *scoring.Signature
	Predict(ctx context.Context, b *scoring.Batch, want scoring.Method, out *scoring.Result) error
}

// An Origin is where a version comes from and what proves it.
type Origin struct {
	Format         string
	Library        string
	LibraryVersion string
	SHA256         string // of the artifact, in lower-case hexadecimal
	Certified      bool   // the library's own outputs were replayed
	CertifiedRows  int
	Fallback       string             // why plain kernels serve it, see scoring.Description; empty is as it should be
	Metrics        map[string]float64 // that the author measured
}

// A State is where a version is in its life.
type State uint8

// The states, named as in treehouse.predict.v1.
const (
	Available State = iota + 1 // known, loaded when first asked for
	Loading
	Ready
	Failed
	Unloaded // by an explicit request
)

func (s State) String() string {
	switch s {
	case Available:
		return "AVAILABLE"
	case Loading:
		return "LOADING"
	case Ready:
		return "READY"
	case Failed:
		return "FAILED"
	case Unloaded:
		return "UNLOADED"
	}
	return "UNKNOWN"
}

// A Status tells about one version. A version whose files changed after it was
// loaded is Failed, with the reason, and still Served: what was loaded goes on
// answering.
type Status struct {
	Number int64
	State  State
	Reason string
	Served bool
}

// A Summary tells about a model and its versions, in ascending order.
type Summary struct {
	Name     string
	Default  int64 // the version that answers when none is named; 0 without one
	Versions []Status
}

// Ready reports whether the model answers without naming a version.
func (s *Summary) Ready() bool {
	return slices.ContainsFunc(s.Versions, func(v Status) bool { return v.Number == s.Default && v.Served })
}

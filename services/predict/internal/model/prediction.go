package model

import (
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A Prediction is what came of a request for a version, as those see it who
// watch. It is immutable, and its memory is the request's: who keeps anything
// copies it.
type Prediction struct {
	ID        string // of the answer, by which a label finds it later
	RequestID string
	Version   *Version
	Batch     *scoring.Batch  // nil where the request's rows could not be read
	Result    *scoring.Result // nil where Err is not
	Computed  scoring.Method  // which results there are
	Err       error
	At        time.Time // when it was made, or failed
}

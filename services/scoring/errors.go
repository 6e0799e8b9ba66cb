package scoring

import (
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A FormatError says that a file is damaged, truncated or hostile.
type FormatError struct {
	Format string // "pickle", "xgboost-json", …
	Offset int64  // the byte where reading failed; -1 where there is no one place
	What   string
}

func (e *FormatError) Error() string { return (*model.FormatError)(e).Error() }

// An UnsupportedError names something valid in a file that this package does
// not read: a class or setting, where it is, and what is supported.
type UnsupportedError struct {
	Class     string // "sklearn.svm._classes.SVC", or the name of a format
	Path      string // its place in the pipeline, "pipeline.model"; empty for the outermost object
	Supported string
	// Others are further parts of the same file that are not read either.
	Others []string
}

// Part is the class with its place.
func (e *UnsupportedError) Part() string { return (*model.UnsupportedError)(e).Part() }

func (e *UnsupportedError) Error() string { return (*model.UnsupportedError)(e).Error() }

// A VersionError refuses a model of a library version that was never tested.
// [Options] name the two ways to accept it anyway.
type VersionError struct {
	Library string
	Version string // empty: the file does not say
	Tested  string // "1.1.3 to 1.8.0"; empty: no version of this library is
}

func (e *VersionError) Error() string {
	version, tested := e.Version, e.Tested
	if version == "" {
		version = "of unknown version"
	}
	if tested == "" {
		tested = "none"
	}
	return fmt.Sprintf("%s %s was never tested (tested: %s); "+
		"give a certificate (golden.json) to prove the model, or allow untested versions", e.Library, version, tested)
}

// A RowError refuses one row of a batch, as the original library would have:
// an unknown category, a missing or infinite value where none is allowed.
type RowError struct {
	Row     int    // from 0
	Feature string // the input feature at fault; empty where no single one is
	Reason  string
}

func (e *RowError) Error() string {
	if e.Feature == "" {
		return fmt.Sprintf("row %d: %s", e.Row, e.Reason)
	}
	return fmt.Sprintf("row %d, feature %s: %s", e.Row, e.Feature, e.Reason)
}

// A BatchError says that a batch does not fit the model's signature: too few
// columns, strings where numbers belong, columns of different lengths.
type BatchError struct {
	Feature string // empty where no single feature is at fault
	Reason  string
}

func (e *BatchError) Error() string {
	if e.Feature == "" {
		return e.Reason
	}
	return fmt.Sprintf("feature %s: %s", e.Feature, e.Reason)
}

// A MethodError asks a model for a method that it does not offer.
type MethodError struct {
	Asked, Offered Method
}

func (e *MethodError) Error() string {
	return fmt.Sprintf("the model has no %v; it has %v", e.Asked&^e.Offered, e.Offered)
}

// A MismatchError says that a golden row, computed by the training library,
// does not come out the same here: the model must not be used.
type MismatchError struct {
	Row       int    // of the certificate, from 0
	Output    string // "predict", "predict_proba[2]", "decision_function[0]", "error"
	Got, Want string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("golden row %d: %s is %s, but the training library computed %s", e.Row, e.Output, e.Got, e.Want)
}

package sklearn

import "fmt"

// An UnsupportedError names a class or a parameter that cannot be followed
// exactly, and so is refused.
type UnsupportedError struct {
	Class     string // "sklearn.svm.SVC"
	Path      string // where in the object: "pipeline.model"
	What      string // the parameter or property; empty when it is the class itself
	Supported string // what is supported instead
}

func (e *UnsupportedError) Error() string {
	if e.What == "" {
		return fmt.Sprintf("%s: %s is not supported; supported: %s", e.Path, e.Class, e.Supported)
	}
	return fmt.Sprintf("%s (%s): %s is not supported; supported: %s", e.Path, e.Class, e.What, e.Supported)
}

// A FormatError says that an object is not what its class writes: an attribute
// that is absent, of an unexpected type, or of the wrong shape.
type FormatError struct {
	Class string
	Path  string
	What  string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s (%s): %s", e.Path, e.Class, e.What)
}

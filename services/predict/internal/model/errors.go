package model

import "fmt"

// A NotFoundError says that a model or version is none of this server's.
type NotFoundError struct {
	Name    string
	Version int64  // 0: the model itself is unknown
	Hint    string // what there is instead; may be empty
}

func (e *NotFoundError) Error() string {
	s := fmt.Sprintf("model %q not found", e.Name)
	if e.Version != 0 {
		s = fmt.Sprintf("model %q has no version %d", e.Name, e.Version)
	}
	if e.Name == "" {
		s = "no model is named and the server has no default model"
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// A NotServedError says that a version is to be served, but not by this server
// at this time.
type NotServedError struct {
	Name    string
	Version int64 // 0: none of the model's versions is served
	State   State
	Reason  string
}

func (e *NotServedError) Error() string {
	s := fmt.Sprintf("model %q", e.Name)
	if e.Version != 0 {
		s += fmt.Sprintf(" version %d", e.Version)
	}
	s += " is not served here"
	if e.State != 0 {
		s += ": " + e.State.String()
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// A ControlError refuses to load or unload by request, because the operator
// did not allow it.
type ControlError struct{}

func (*ControlError) Error() string {
	return "loading and unloading by request is switched off on this server"
}

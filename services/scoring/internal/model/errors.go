package model

import "fmt"

// A FormatError says that a file is damaged, truncated or hostile: which
// format, at what byte (-1 where there is no one place), and what was wrong.
type FormatError struct {
	Format string
	Offset int64
	What   string
}

func (e *FormatError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %s", e.Format, e.What)
	}
	return fmt.Sprintf("%s: at byte %d: %s", e.Format, e.Offset, e.What)
}

// An UnsupportedError names something valid that no reader handles: a class or
// a setting, its place in the pipeline, and what is supported instead.
type UnsupportedError struct {
	Class     string // "sklearn.svm._classes.SVC"
	Path      string // "pipeline.model"; empty for the outermost object
	Supported string // what is, for people
}

func (e *UnsupportedError) Error() string {
	s := e.Class
	if e.Path != "" {
		s += fmt.Sprintf(" (at %q)", e.Path)
	}
	s += " is not supported"
	if e.Supported != "" {
		s += "; supported: " + e.Supported
	}
	return s
}

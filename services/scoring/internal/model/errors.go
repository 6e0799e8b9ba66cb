package model

import (
	"fmt"
	"strings"
)

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
	// Others are further parts of the same file that no reader handles.
	Others []string
}

// Part is the class with its place. Names that a file makes up are cut off.
func (e *UnsupportedError) Part() string {
	if e.Path == "" {
		return fmt.Sprintf("%.300s", e.Class)
	}
	return fmt.Sprintf("%.300s (at %.150q)", e.Class, e.Path)
}

// told is how many of the others a message tells.
const told = 10

func (e *UnsupportedError) Error() string {
	s := e.Part() + " is not supported"
	if n := len(e.Others); n > 0 {
		s += ", nor is " + strings.Join(e.Others[:min(n, told)], ", nor ")
		if n > told {
			s += fmt.Sprintf(", nor are %d more", n-told)
		}
	}
	if e.Supported != "" {
		s += "; supported: " + e.Supported
	}
	return s
}

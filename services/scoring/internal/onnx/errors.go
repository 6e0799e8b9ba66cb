package onnx

import (
	"fmt"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// unsupported refuses something valid, by its name.
func unsupported(what string) error {
	return &model.UnsupportedError{Class: what, Supported: supported}
}

const supported = "ONNX graphs of the operators that the documentation lists, over rows of features"

// path is how a node is named to people: its name, or what it yields.
func (n *node) path() string {
	if n.name != "" {
		return n.name
	}
	if len(n.outputs) > 0 {
		return n.outputs[0]
	}
	return n.op
}

// fail says that a node is wrong by the rules of the format.
func (n *node) fail(format string, args ...any) error {
	return damage(n.at, "%s %s: %s", n.op, quote(n.path()), fmt.Sprintf(format, args...))
}

// refuse says that what a node asks for is not followed.
func (n *node) refuse(format string, args ...any) error {
	return &model.UnsupportedError{Class: n.op + " with " + fmt.Sprintf(format, args...), Path: n.path(), Supported: supported}
}

// quote is a name from the file, cut where it is long.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

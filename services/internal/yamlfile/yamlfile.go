// Package yamlfile reads small YAML files strictly: one document, no unknown
// fields, and errors that name the line.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes of a file: what a Secret or a ConfigMap holds at most.
const MaxBytes = 1 << 20

// ErrEmpty says that there is no document.
var ErrEmpty = errors.New("the file is empty")

// A Text is a scalar that knows its line, counted from 1.
type Text struct {
	Value string
	Line  int
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (t *Text) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: found a list or a mapping; expected text", n.Line)
	}
	t.Value, t.Line = n.Value, n.Line
	return nil
}

// Errorf is an error at the text's line.
func (t *Text) Errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{t.Line}, args...)...)
}

// Decode reads the one document of data into v. It refuses fields that v does
// not have, and fields given twice.
func Decode(data []byte, v any) error {
	if len(data) > MaxBytes {
		return fmt.Errorf("%d bytes; at most %d are accepted", len(data), MaxBytes)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	switch err := d.Decode(v); {
	case errors.Is(err, io.EOF):
		return ErrEmpty
	case err != nil:
		return tidy(err)
	}
	switch err := d.Decode(&yaml.Node{}); {
	case err == nil:
		return errors.New("found a second document; expected one")
	case !errors.Is(err, io.EOF):
		return tidy(err)
	}
	return nil
}

// tidy makes one line of an error.
func tidy(err error) error {
	var several *yaml.TypeError
	if errors.As(err, &several) {
		lines := several.Errors
		for i, line := range lines {
			if at := strings.Index(line, " in type "); at > 0 {
				lines[i] = line[:at] // a Go type is nothing to a reader
			}
		}
		return errors.New(strings.Join(lines, "; "))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
}

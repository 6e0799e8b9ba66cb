package inspect

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A Refusal is the error of a file that is whole, but holds what is not read.
type Refusal struct {
	File      string   `json:"file"`
	SHA256    string   `json:"sha256"`
	Refused   []string `json:"refused"` // each part, with its place
	Supported string   `json:"supported"`
	err       error
}

func (r *Refusal) Error() string { return r.err.Error() }

// Unwrap returns the error of package scoring.
func (r *Refusal) Unwrap() error { return r.err }

// refused makes a Refusal of an error that names unsupported parts.
func refused(r *Report, err error) error {
	var unsupported *scoring.UnsupportedError
	if !errors.As(err, &unsupported) {
		return err
	}
	return &Refusal{
		File: r.File, SHA256: r.SHA256, Refused: append([]string{unsupported.Part()}, unsupported.Others...),
		Supported: unsupported.Supported, err: err,
	}
}

// Text writes the refusal for people.
func (r *Refusal) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(t, "%s\t%s\n", name, value) } // Flush tells errors
	line("file", r.File)
	line("sha256", r.SHA256)
	for i, part := range r.Refused {
		name := "refused"
		if i > 0 {
			name = ""
		}
		line(name, part)
	}
	return t.Flush()
}

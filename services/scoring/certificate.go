package scoring

import (
	"errors"
	"io"
)

// A Certificate holds golden rows and what the training library itself
// computed for them: the content of a golden.json.
type Certificate struct {
	Library  string            // that computed the outputs
	Versions map[string]string // of it and of what it used
	Features []string
}

// ReadCertificate reads a golden.json.
func ReadCertificate(r io.Reader) (*Certificate, error) {
	return nil, errors.New("certificates cannot be read yet")
}

package scoring

import (
	"context"
	"io"
)

// A Model is a trained model, ready to predict. It is immutable and safe for
// concurrent use.
type Model struct {
	signature   Signature
	description Description
}

// Signature says what the model takes and gives. Callers must not change it.
func (m *Model) Signature() *Signature { return &m.signature }

// Description describes the model for people. Callers must not change it.
func (m *Model) Description() *Description { return &m.description }

// Open reads a trained model. It tells formats apart by their content and
// reads at most Options.MaxBytes; o may be nil. Errors are [*FormatError],
// [*UnsupportedError], [*VersionError], [*MismatchError] or those of r.
func Open(r io.Reader, o *Options) (*Model, error) {
	return nil, &UnsupportedError{Class: "this format", Supported: "none yet"}
}

// Predict computes the methods in want for every row of b into out. An error
// is a [*BatchError] where b does not fit the signature, a [*MethodError], a
// [*RowError] where the original library would have refused a row, or the
// context's; out is then undefined. The context is looked at between blocks of
// rows.
func (m *Model) Predict(ctx context.Context, b *Batch, want Method, out *Result) error {
	return &MethodError{Asked: want}
}

// Certify replays a certificate. It returns a [*MismatchError] at the first
// golden row that does not come out as the training library computed it.
func (m *Model) Certify(c *Certificate) error {
	return &MismatchError{}
}

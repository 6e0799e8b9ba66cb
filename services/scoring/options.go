package scoring

// Options say what [Open] accepts. The zero value is the default.
type Options struct {
	// MaxBytes is the greatest size of a file; 0 means 1 GiB.
	MaxBytes int64
	// AllowUntested accepts a library version outside the tested range.
	AllowUntested bool
	// Certificate, if not nil, is replayed once the model is loaded. A
	// mismatch is always an error; an exact replay also admits a library
	// version outside the tested range. It names the features as Names does.
	Certificate *Certificate
	// Names are those of the features, in order, of a model trained without
	// names; they are ignored where the file has its own.
	Names []string
	// Columns, if not nil, describe what the model takes, in order: they name
	// the features of a model trained without names. A model that reads other
	// columns is refused with a [*FormatError].
	Columns []NamedColumn
}

const defaultMaxBytes = 1 << 30

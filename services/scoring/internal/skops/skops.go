// Package skops reads the files of the package skops into the values that
// package pickle makes of pickles. What a class needs to predict is thus
// defined once, in package sklearn, and so is the list of names that are known
// or refused, in package pickle. What a file says of its own types counts for
// nothing: they are names, and nothing is imported or called.
//
// A file is a zip archive. Its schema.json is a tree of nodes: the class and
// module of an object, the loader that says how its content is stored, and an
// id, by which objects are shared. Arrays and bytes are entries of their own.
// Read are protocols 0 to 2, which skops 0.3 to 0.16 write (skops/io,
// skops/io/old).
package skops

import (
	"bytes"
	"errors"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// Limits bounds what Decode may spend on a file. A zero field means the
// default.
type Limits struct {
	MaxBytes   int64 // of all entries together, decompressed
	MaxRatio   int64 // decompressed to compressed bytes of an entry, counted beyond the first MiB
	MaxEntries int
	MaxDepth   int   // of values within values in schema.json
	MaxMemory  int64 // bytes of the values built of schema.json; an estimate
}

// DefaultLimits returns limits that fit models of up to 2 GiB.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 2 << 30, MaxRatio: 256, MaxEntries: 1 << 18, MaxDepth: 512, MaxMemory: 1 << 30}
}

func (l *Limits) fill() {
	d := DefaultLimits()
	orDefault(&l.MaxBytes, d.MaxBytes)
	orDefault(&l.MaxRatio, d.MaxRatio)
	orDefault(&l.MaxEntries, d.MaxEntries)
	orDefault(&l.MaxDepth, d.MaxDepth)
	orDefault(&l.MaxMemory, d.MaxMemory)
}

func orDefault[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

const schemaName = "schema.json"

// Sniff tells whether the data is a zip archive that names a schema.
func Sniff(data []byte) bool {
	return bytes.HasPrefix(data, []byte(localHeader)) && bytes.Contains(data, []byte(schemaName))
}

// Decode reads one whole file. Entries that are not compressed share memory
// with data, which must not change afterwards. Every error is a
// *model.FormatError or *model.UnsupportedError.
func Decode(data []byte, l Limits) (*pickle.File, error) {
	l.fill()
	file, err := decode(data, &l)
	if err != nil {
		var unsupported *model.UnsupportedError
		if errors.As(err, &unsupported) {
			return nil, unsupported
		}
		return nil, &model.FormatError{Format: "skops", Offset: -1, What: err.Error()}
	}
	return file, nil
}

func decode(data []byte, l *Limits) (*pickle.File, error) {
	a, err := openArchive(data, l)
	if err != nil {
		return nil, err
	}
	text, err := a.read(schemaName)
	if err != nil {
		return nil, err
	}
	memory := &budget{left: l.MaxMemory, max: l.MaxMemory}
	schema, err := parseSchema(text, l.MaxDepth, memory)
	if err != nil {
		return nil, err
	}
	d := &decoder{
		archive: a,
		budget:  memory,
		file:    &pickle.File{Format: "skops"},
		shared:  make(map[string]*shared),
		classes: make(map[[2]string]*pickle.Class),
		arrays:  make(map[string]*pickle.Array),
	}
	if d.protocol, err = protocol(schema); err != nil {
		return nil, err
	}
	if d.file.Root, err = d.value(schema); err != nil {
		return nil, err
	}
	return d.file, nil
}

package pickle

import "fmt"

// Limits bounds what Decode may spend on a file. A zero field means the
// default.
type Limits struct {
	MaxBytes  int64 // of the file after decompression
	MaxRatio  int64 // decompressed to compressed bytes, counted beyond the first 64 MiB
	MaxOps    int64 // opcodes
	MaxStack  int   // values on the machine's stack
	MaxDepth  int   // marks open at one time
	MaxMemo   int   // memo entries
	MaxMemory int64 // bytes of the values built, without raw data that is shared with the input; an estimate
}

// DefaultLimits returns limits that fit models of up to 2 GiB.
func DefaultLimits() Limits {
	return Limits{
		MaxBytes:  2 << 30,
		MaxRatio:  256,
		MaxOps:    1 << 28,
		MaxStack:  1 << 22,
		MaxDepth:  1 << 16,
		MaxMemo:   1 << 24,
		MaxMemory: 1 << 30,
	}
}

// fill replaces zero fields by the defaults.
func (l *Limits) fill() {
	d := DefaultLimits()
	orDefault(&l.MaxBytes, d.MaxBytes)
	orDefault(&l.MaxRatio, d.MaxRatio)
	orDefault(&l.MaxOps, d.MaxOps)
	orDefault(&l.MaxStack, d.MaxStack)
	orDefault(&l.MaxDepth, d.MaxDepth)
	orDefault(&l.MaxMemo, d.MaxMemo)
	orDefault(&l.MaxMemory, d.MaxMemory)
}

func orDefault[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// A File is a decoded pickle or joblib file.
type File struct {
	Root        Value
	Format      string // "joblib" when arrays follow their wrappers as raw data, else "pickle"
	Compression string // of the whole file: "" (none), "zlib", "gzip", "bz2", "xz", "lzma" or "lz4"

	// Foreign are the globals outside the libraries that models are made of,
	// each once, in order of appearance. They are as inert as all others, but
	// nobody here knows what they do: refuse the file or name them.
	Foreign []*Class
	// Calls says that one of them would have been called, as a function is.
	Calls bool

	// NumPy is 1 or 2, as the names of its modules tell: numpy.core became numpy._core.
	// It is 0 where none is named, and -1 where both are.
	NumPy int
}

// An Error says what is wrong with a file, and where.
type Error struct {
	Offset int64  // in the decompressed stream
	Op     string // the opcode's name, or the compression format's
	What   string
}

func (e *Error) Error() string {
	if e.Op == "" {
		return fmt.Sprintf("pickle: at byte %d: %s", e.Offset, e.What)
	}
	return fmt.Sprintf("pickle: at byte %d, %s: %s", e.Offset, e.Op, e.What)
}

// Decode reads one whole pickle or joblib file. The format is told by content,
// and whole-file compression is undone. Arrays, bytes and the input share
// memory when the file is not compressed: data must not change afterwards.
// Every error is an *Error.
func Decode(data []byte, l Limits) (*File, error) {
	l.fill()
	plain, compression, err := decompress(data, &l)
	if err != nil {
		return nil, err
	}
	if int64(len(plain)) > l.MaxBytes {
		return nil, &Error{What: fmt.Sprintf("the file has %d bytes; at most %d are allowed", len(plain), l.MaxBytes)}
	}
	file := &File{Format: "pickle", Compression: compression}
	m := &machine{
		in:     &reader{data: plain},
		budget: &budget{limits: l, ops: l.MaxOps, memory: l.MaxMemory},
		file:   file,
		joblib: true,
	}
	if file.Root, err = m.run(); err != nil {
		return nil, err
	}
	if rest := len(plain) - m.in.pos; rest > 0 {
		return nil, &Error{Offset: int64(m.in.pos), Op: "STOP", What: fmt.Sprintf("%d bytes follow the end of the pickle; a file holds one pickle", rest)}
	}
	return file, nil
}

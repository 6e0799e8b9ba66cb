package pickle

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

const (
	// freeBytes may come out of a file whatever its ratio.
	freeBytes = 64 << 20
	// maxWindow bounds the dictionary of xz and lzma: what their highest
	// preset uses.
	maxWindow = 64 << 20
)

// compressions are the forms that joblib offers for a whole file, and the
// bytes each starts with. A pickle starts with none of them.
var compressions = []struct {
	name, magic string
	expand      func(data []byte, most int64) ([]byte, error)
}{
	{"zlib", "\x78", func(data []byte, most int64) ([]byte, error) {
		return expand(data, most, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
	}},
	{"gzip", "\x1f\x8b", func(data []byte, most int64) ([]byte, error) {
		return expand(data, most, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	}},
	{"bz2", "BZh", func(data []byte, most int64) ([]byte, error) {
		return expand(data, most, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })
	}},
	{"xz", "\xfd7zXZ\x00", expandXZ},
	{"lzma", "\x5d\x00\x00", expandLZMA},
	{"lz4", "\x04\x22\x4d\x18", func(data []byte, most int64) ([]byte, error) {
		return expand(data, most, func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil })
	}},
}

// decompress undoes the compression of the whole file, if there is any.
func decompress(data []byte, l *Limits) (plain []byte, compression string, err error) {
	for _, c := range compressions {
		if !bytes.HasPrefix(data, []byte(c.magic)) {
			continue
		}
		plain, err := c.expand(data, l.most(len(data)))
		if err != nil {
			return nil, "", &Error{Offset: int64(len(plain)), Op: c.name, What: err.Error()}
		}
		return plain, c.name, nil
	}
	if bytes.HasPrefix(data, []byte("ZF")) {
		return nil, "", &Error{What: "compressed by joblib before 0.10: save the model again with a newer joblib"}
	}
	return data, "", nil
}

// most returns how many bytes n compressed ones may become.
func (l *Limits) most(n int) int64 {
	byRatio := int64(math.MaxInt64)
	if int64(n) < (math.MaxInt64-freeBytes)/l.MaxRatio {
		byRatio = freeBytes + int64(n)*l.MaxRatio
	}
	return min(l.MaxBytes, byRatio)
}

// expand decompresses a stream that is all of the data. On an error it returns
// what came before, of a large one nothing.
//
// What becomes large is decompressed twice, to count it first: a bomb is
// refused before it takes memory, and a large model takes no more than it has.
func expand(data []byte, most int64, open func(io.Reader) (io.Reader, error)) ([]byte, error) {
	var out bytes.Buffer
	_, err := expandTo(&out, data, min(most, freeBytes), open)
	if !errors.Is(err, errMore) {
		return out.Bytes(), err
	}
	if most > freeBytes {
		out = bytes.Buffer{}
		var n int64
		if n, err = expandTo(io.Discard, data, most, open); err == nil {
			out.Grow(int(n) + bytes.MinRead) //nolint:gosec // at most Limits.MaxBytes
			_, err = expandTo(&out, data, most, open)
		}
	}
	if errors.Is(err, errMore) {
		err = errTooLarge(most)
	}
	return out.Bytes(), err
}

// errMore says that there is more than was asked for.
var errMore = errors.New("there is more")

func expandTo(out io.Writer, data []byte, most int64, open func(io.Reader) (io.Reader, error)) (int64, error) {
	in := bytes.NewReader(data)
	r, err := open(in)
	if err != nil {
		return 0, unexpected(err)
	}
	n, err := io.Copy(out, io.LimitReader(r, most+1))
	switch {
	case err != nil:
		err = unexpected(err)
	case n > most:
		err = errMore
	case in.Len() > 0: // the readers take no more than they need
		err = fmt.Errorf("%d bytes follow the compressed data", in.Len())
	}
	return n, err
}

func errTooLarge(most int64) error {
	return fmt.Errorf("the data expands to more than %d bytes", most)
}

// unexpected tells the end of the file apart from the end of the data.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// expandLZMA reads the old .lzma form. Its header states a dictionary size,
// which is allocated at once, so it is cut to what the output can need.
func expandLZMA(data []byte, most int64) ([]byte, error) {
	const windowAt = 1
	if len(data) < lzma.HeaderLen {
		return nil, io.ErrUnexpectedEOF
	}
	window := int64(binary.LittleEndian.Uint32(data[windowAt:]))
	if window > maxWindow {
		return nil, fmt.Errorf("the dictionary has %d bytes; at most %d are allowed", window, maxWindow)
	}
	patched := bytes.Clone(data)
	window = min(window, max(most, lzma.MinDictCap))
	binary.LittleEndian.PutUint32(patched[windowAt:], uint32(window)) //nolint:gosec // at most maxWindow
	return expand(patched, most, func(r io.Reader) (io.Reader, error) {
		return lzma.ReaderConfig{DictCap: maxWindow}.NewReader(r)
	})
}

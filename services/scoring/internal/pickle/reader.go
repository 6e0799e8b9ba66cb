package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

var errTruncated = errors.New("the file ends in the middle")

// reader is a position in the file. Within a frame nothing is read past the
// frame's end.
type reader struct {
	data     []byte
	pos      int
	frame    bool
	frameEnd int
}

// endFrame leaves a frame that has been read to its end.
func (r *reader) endFrame() {
	if r.frame && r.pos == r.frameEnd {
		r.frame = false
	}
}

// startFrame enters a frame of n bytes.
func (r *reader) startFrame(n uint64) error {
	if r.frame && r.pos != r.frameEnd {
		return fmt.Errorf("a frame starts %d bytes before the end of the one around it", r.frameEnd-r.pos)
	}
	if rest := len(r.data) - r.pos; n > uint64(rest) {
		return fmt.Errorf("the frame claims %d bytes; %d remain: the file is cut off, or damaged", n, rest)
	}
	r.frame, r.frameEnd = true, r.pos+int(n)
	return nil
}

// remaining returns how many bytes may be read.
func (r *reader) remaining() int {
	if r.frame {
		return r.frameEnd - r.pos
	}
	return len(r.data) - r.pos
}

// take returns the next n bytes, shared with the file.
func (r *reader) take(n uint64) ([]byte, error) {
	if rest := r.remaining(); n > uint64(rest) {
		if r.frame && n <= uint64(len(r.data)-r.pos) {
			return nil, fmt.Errorf("%d bytes are needed; %d remain in the frame", n, rest)
		}
		return nil, fmt.Errorf("%w: %d bytes are needed, %d remain", errTruncated, n, rest)
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

func (r *reader) byte() (byte, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *reader) uint16() (uint16, error) {
	b, err := r.take(2)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint16(b), nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// counted returns as many bytes as a length of the given width before them
// says.
func (r *reader) counted(width int) ([]byte, error) {
	var n uint64
	b, err := r.take(uint64(width))
	if err != nil {
		return nil, err
	}
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	return r.take(n)
}

// line returns the text up to the next newline, without it.
func (r *reader) line() ([]byte, error) {
	rest := r.data[r.pos : r.pos+r.remaining()]
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		return nil, fmt.Errorf("%w: no newline ends the argument", errTruncated)
	}
	r.pos += n + 1
	return rest[:n:n], nil
}

// text checks that b is UTF-8 and returns it as a string.
func text(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", errors.New("the string is not valid UTF-8")
	}
	return string(b), nil
}

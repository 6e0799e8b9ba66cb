package skops

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

const (
	localHeader = "PK\x03\x04"
	// Of the zip format: the sizes of records without what varies, the magic
	// of the last one, and the flag of an encrypted entry.
	localHeaderSize  = 30
	endOfArchive     = "PK\x05\x06"
	endOfArchiveSize = 22
	encrypted        = 1
	// freeBytes are what any entry may decompress to, whatever its ratio.
	freeBytes = 1 << 20
)

// An archive is a zip file whose directory has been checked against itself:
// names are plain and each there once, entries lie apart, sizes are bounded.
type archive struct {
	data     []byte
	entries  map[string]*zip.File
	inflated map[string][]byte // of those read so far: nodes may share an entry
}

func openArchive(data []byte, l *Limits) (*archive, error) {
	end := len(data) - endOfArchiveSize
	if end < 0 || string(data[end:end+len(endOfArchive)]) != endOfArchive {
		return nil, errors.New("the zip archive does not end with its directory: the file is truncated, or something follows")
	}
	if n := int(binary.LittleEndian.Uint16(data[end+10:])); n > l.MaxEntries {
		return nil, fmt.Errorf("the zip archive has %d entries; at most %d are allowed", n, l.MaxEntries)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("the zip archive's directory: %w", err)
	}
	if len(r.File) > l.MaxEntries {
		return nil, fmt.Errorf("the zip archive has %d entries; at most %d are allowed", len(r.File), l.MaxEntries)
	}
	a := &archive{data: data, entries: make(map[string]*zip.File, len(r.File)), inflated: make(map[string][]byte)}
	spans := make([]span, 0, len(r.File))
	total := uint64(0)
	for _, f := range r.File {
		if err := a.check(f, l); err != nil {
			return nil, err
		}
		if a.entries[f.Name] != nil {
			return nil, fmt.Errorf("the zip archive has two entries named %.80q", f.Name)
		}
		a.entries[f.Name] = f
		if total += f.UncompressedSize64; total > uint64(l.MaxBytes) { //nolint:gosec // a limit is no negative number
			return nil, fmt.Errorf("the zip archive decompresses to more than %d bytes", l.MaxBytes)
		}
		s, err := a.locate(f)
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			return nil, errors.New("entries of the zip archive overlap")
		}
	}
	return a, nil
}

// check looks at what the directory says of an entry.
func (a *archive) check(f *zip.File, l *Limits) error {
	switch {
	case f.Name == "" || strings.ContainsAny(f.Name, "/\\:\x00") || strings.HasPrefix(f.Name, "."):
		return fmt.Errorf("the zip archive names an entry %.80q; skops writes plain file names", f.Name)
	case f.Flags&encrypted != 0:
		return fmt.Errorf("entry %.80q is encrypted", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("entry %.80q is compressed by method %d; stored and deflated entries are read", f.Name, f.Method)
	case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
		return fmt.Errorf("entry %.80q is stored, but its sizes differ", f.Name)
	case f.CompressedSize64 > uint64(len(a.data)):
		return fmt.Errorf("entry %.80q has %d bytes, more than the file", f.Name, f.CompressedSize64)
	case f.UncompressedSize64 > freeBytes && f.UncompressedSize64/uint64(l.MaxRatio) > f.CompressedSize64: //nolint:gosec // a limit is no negative number
		return fmt.Errorf("entry %.80q claims to decompress to more than %d times its size", f.Name, l.MaxRatio)
	}
	return nil
}

// A span is where an entry lies in the file.
type span struct{ start, end int }

// locate finds an entry, and holds its own header to what the directory says.
func (a *archive) locate(f *zip.File) (span, error) {
	offset, err := f.DataOffset()
	if err != nil {
		return span{}, fmt.Errorf("entry %.80q: %w", f.Name, err)
	}
	if offset < 0 || offset > int64(len(a.data)) || f.CompressedSize64 > uint64(int64(len(a.data))-offset) {
		return span{}, fmt.Errorf("entry %.80q lies outside the file", f.Name)
	}
	// What a header may hold behind the name is short; nothing is, in files of skops.
	const maxExtra = 64
	for extra := 0; extra <= maxExtra; extra++ {
		start := int(offset) - extra - len(f.Name) - localHeaderSize
		if start < 0 {
			break
		}
		h := a.data[start:]
		if string(h[:4]) != localHeader || int(binary.LittleEndian.Uint16(h[26:])) != len(f.Name) ||
			int(binary.LittleEndian.Uint16(h[28:])) != extra {
			continue
		}
		if string(h[localHeaderSize:localHeaderSize+len(f.Name)]) != f.Name ||
			binary.LittleEndian.Uint16(h[6:]) != f.Flags || binary.LittleEndian.Uint16(h[8:]) != f.Method {
			break
		}
		return span{start, int(offset) + int(f.CompressedSize64)}, nil //nolint:gosec // checked above
	}
	return span{}, fmt.Errorf("entry %.80q: its header and the archive's directory differ", f.Name)
}

// read returns the bytes of an entry, whose checksum holds. What is not
// compressed is shared with the file.
func (a *archive) read(name string) ([]byte, error) {
	f := a.entries[name]
	if f == nil {
		return nil, fmt.Errorf("the zip archive has no entry %.80q", name)
	}
	if f.Method == zip.Store {
		offset, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("entry %.80q: %w", name, err)
		}
		n := int64(f.UncompressedSize64) //nolint:gosec // within the file, see locate
		data := a.data[offset : offset+n : offset+n]
		if crc32.ChecksumIEEE(data) != f.CRC32 {
			return nil, fmt.Errorf("entry %.80q: the checksum is wrong", name)
		}
		return data, nil
	}
	if data, ok := a.inflated[name]; ok {
		return data, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("entry %.80q: %w", name, err)
	}
	defer r.Close()
	// Grown as the bytes come: the size is only a claim.
	var out bytes.Buffer
	n, err := out.ReadFrom(io.LimitReader(r, int64(f.UncompressedSize64)+1)) //nolint:gosec // within Limits.MaxBytes
	if err != nil {
		return nil, fmt.Errorf("entry %.80q: %w", name, err)
	}
	if n != int64(f.UncompressedSize64) { //nolint:gosec // as above
		return nil, fmt.Errorf("entry %.80q has %d bytes; want %d", name, n, f.UncompressedSize64)
	}
	a.inflated[name] = out.Bytes()
	return out.Bytes(), nil
}

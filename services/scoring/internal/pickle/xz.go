package pickle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The container of .xz files is read here and not by the xz package, which
// allocates whatever dictionary a block's header asks for. One stream of
// blocks with the LZMA2 filter alone is what joblib writes.

const (
	xzFooterLen = 12
	xzFlagsAt   = 6
	lzma2Filter = 0x21
	maxBlocks   = 1 << 16
)

var errXZ = errors.New("the xz container is damaged")

// xzBlock is what the index repeats of a block.
type xzBlock struct{ unpadded, plain uint64 }

type xzReader struct {
	data   []byte
	pos    int
	flags  byte // the kind of check
	blocks []xzBlock
	out    bytes.Buffer
	most   int64
}

func expandXZ(data []byte, most int64) ([]byte, error) {
	x := &xzReader{data: data, most: most}
	err := x.stream()
	return x.out.Bytes(), unexpected(err)
}

// take returns the next n bytes.
func (x *xzReader) take(n int) ([]byte, error) {
	if n > len(x.data)-x.pos {
		return nil, io.ErrUnexpectedEOF
	}
	x.pos += n
	return x.data[x.pos-n : x.pos], nil
}

// checked takes n bytes and the CRC-32 of them that follows.
func (x *xzReader) checked(n int) ([]byte, error) {
	b, err := x.take(n + 4)
	if err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(b[:n]) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, errXZ
	}
	return b[:n], nil
}

func (x *xzReader) stream() error {
	x.pos = xzFlagsAt
	flags, err := x.checked(2)
	if err != nil {
		return err
	}
	x.flags = flags[1]
	if flags[0] != 0 || x.newCheck() == nil {
		return fmt.Errorf("unknown xz flags %x", flags)
	}
	for {
		if x.pos == len(x.data) {
			return io.ErrUnexpectedEOF
		}
		if x.data[x.pos] == 0 {
			return x.end()
		}
		if len(x.blocks) >= maxBlocks {
			return fmt.Errorf("more than %d blocks", maxBlocks)
		}
		if err := x.block(); err != nil {
			return err
		}
	}
}

// block expands one block.
func (x *xzReader) block() error {
	start := x.pos
	header, err := x.checked(4 * int(x.data[start]))
	if err != nil {
		return err
	}
	window, err := blockWindow(header)
	if err != nil {
		return err
	}
	packed, plain, err := chunks(x.data[x.pos:])
	if err != nil {
		return err
	}
	if plain > x.most-int64(x.out.Len()) {
		return errTooLarge(x.most)
	}
	body, err := x.take(packed)
	if err != nil {
		return err
	}
	// A block needs no more of a dictionary than it holds itself.
	window = max(min(window, plain), lzma.MinDictCap)
	r, err := lzma.Reader2Config{DictCap: int(window)}.NewReader2(bytes.NewReader(body))
	if err != nil {
		return err
	}
	check := x.newCheck()
	n, err := io.Copy(io.MultiWriter(&x.out, check), io.LimitReader(r, plain+1))
	if err != nil {
		return unexpected(err)
	}
	unpadded := x.pos - start + check.Size()
	padding, err := x.take(-packed & 3)
	if err != nil {
		return err
	}
	sum, err := x.take(check.Size())
	if err != nil {
		return err
	}
	if n != plain || !zeros(padding) || !bytes.Equal(sum, littleEndian(check)) {
		return errXZ
	}
	x.blocks = append(x.blocks, xzBlock{unpadded: uint64(unpadded), plain: uint64(plain)}) //nolint:gosec // lengths
	return nil
}

// blockWindow reads the dictionary's size from a block's header, which ends in
// zeros and may state the block's sizes before the filter.
func blockWindow(header []byte) (int64, error) {
	flags, rest := header[1], header[2:]
	if flags&^0xc0 != 0 {
		return 0, errors.New("the xz file uses filters other than LZMA2")
	}
	for _, present := range []byte{0x40, 0x80} {
		if flags&present == 0 {
			continue
		}
		_, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0, errXZ
		}
		rest = rest[n:]
	}
	if len(rest) < 3 || rest[0] != lzma2Filter || rest[1] != 1 || !zeros(rest[3:]) {
		return 0, errors.New("the xz file uses filters other than LZMA2")
	}
	window, err := lzma.DecodeDictCap(rest[2])
	if err != nil {
		return 0, err
	}
	if window > maxWindow {
		return 0, fmt.Errorf("the dictionary has %d bytes; at most %d are allowed", window, maxWindow)
	}
	return window, nil
}

// chunks walks over LZMA2 chunks without expanding them: how many bytes they
// have, packed and plain.
func chunks(b []byte) (packed int, plain int64, err error) {
	for packed < len(b) {
		control, header, body := b[packed], 0, 0
		if control == 0 {
			return packed + 1, plain, nil
		}
		switch {
		case control <= 2:
			header = 3
		case control < 0x80:
			return 0, 0, errXZ
		case control < 0xc0:
			header = 5
		default:
			header = 6
		}
		if len(b)-packed < header {
			break
		}
		size := int(binary.BigEndian.Uint16(b[packed+1:])) + 1
		if header == 3 {
			body = size
		} else {
			size += int(control&0x1f) << 16
			body = int(binary.BigEndian.Uint16(b[packed+3:])) + 1
		}
		packed += header + body
		plain += int64(size)
	}
	return 0, 0, io.ErrUnexpectedEOF
}

// end checks the index and the footer, after which the file ends.
func (x *xzReader) end() error {
	start := x.pos
	x.pos++
	if n, err := x.uvarint(); err != nil || n != uint64(len(x.blocks)) {
		return errXZ
	}
	for _, want := range x.blocks {
		unpadded, err := x.uvarint()
		if err != nil {
			return err
		}
		plain, err := x.uvarint()
		if err != nil {
			return err
		}
		if got := (xzBlock{unpadded, plain}); got != want {
			return errXZ
		}
	}
	size := (x.pos - start + 3) &^ 3
	x.pos = start
	if _, err := x.checked(size); err != nil {
		return err
	}
	footer, err := x.take(xzFooterLen)
	if err != nil {
		return err
	}
	backward := int64(binary.LittleEndian.Uint32(footer[4:])) + 1
	if crc32.ChecksumIEEE(footer[4:10]) != binary.LittleEndian.Uint32(footer) || 4*backward != int64(size+4) ||
		footer[8] != 0 || footer[9] != x.flags || string(footer[10:]) != "YZ" {
		return errXZ
	}
	if rest := len(x.data) - x.pos; rest > 0 {
		return fmt.Errorf("%d bytes follow the compressed data", rest)
	}
	return nil
}

func (x *xzReader) uvarint() (uint64, error) {
	v, n := binary.Uvarint(x.data[x.pos:])
	if n <= 0 {
		return 0, errXZ
	}
	x.pos += n
	return v, nil
}

// noCheck is the hash of blocks that have none.
type noCheck struct{ hash.Hash }

func (noCheck) Write(p []byte) (int, error) { return len(p), nil }
func (noCheck) Sum(b []byte) []byte         { return b }
func (noCheck) Size() int                   { return 0 }

// newCheck returns the hash that blocks end with; nil if it is unknown.
func (x *xzReader) newCheck() hash.Hash {
	switch x.flags {
	case 0:
		return noCheck{}
	case 1:
		return crc32.NewIEEE()
	case 4:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		return sha256.New()
	}
	return nil
}

// littleEndian returns a check as xz stores it: CRCs the other way round than
// Go's hashes give them.
func littleEndian(h hash.Hash) []byte {
	switch h := h.(type) {
	case hash.Hash32:
		return binary.LittleEndian.AppendUint32(nil, h.Sum32())
	case hash.Hash64:
		return binary.LittleEndian.AppendUint64(nil, h.Sum64())
	}
	return h.Sum(nil)
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

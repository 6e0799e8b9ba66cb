package catboost

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A flat is a flatbuffer within a file. Its reader never leaves the data: the
// first place out of bounds is kept in err, and from there on everything reads
// as absent. Nothing is allocated but what is copied out of the file.
type flat struct {
	data   []byte
	offset int64 // of data in the file, for messages
	work   int   // bytes read so far, those of a table counted as tableWork
	err    error
}

// A flatbuffer may refer to the same bytes from many places: what is read is
// bounded by a multiple of its size.
const (
	tableWork = 64
	maxWork   = 8
)

func (f *flat) spend(at, n int) bool {
	if f.work += n; f.work > maxWork*len(f.data)+4096 {
		f.fail(at, "it refers to the same bytes again and again")
	}
	return f.err == nil
}

// A table is a place in a flatbuffer: fields of it, each at the place its
// vtable says, or absent.
type table struct {
	f      *flat
	at     int // 0: absent
	fields int // the place of the vtable's first entry
	count  int
}

func (f *flat) fail(at int, what string, args ...any) {
	if f.err == nil {
		f.err = &model.FormatError{Format: format, Offset: f.offset + int64(at), What: fmt.Sprintf(what, args...)}
	}
}

// within reports whether n bytes are there, and fails if not.
func (f *flat) within(at, n int) bool {
	if f.err != nil {
		return false
	}
	if at < 0 || n < 0 || at > len(f.data)-n {
		f.fail(0, "it refers to %d bytes at %d of %d", n, at, len(f.data))
		return false
	}
	return true
}

func (f *flat) u32(at int) uint32 {
	if !f.within(at, 4) {
		return 0
	}
	return binary.LittleEndian.Uint32(f.data[at:])
}

func (f *flat) u16(at int) uint16 {
	if !f.within(at, 2) {
		return 0
	}
	return binary.LittleEndian.Uint16(f.data[at:])
}

// follow is where the offset at a place leads.
func (f *flat) follow(at int) int { return at + int(f.u32(at)) }

func (f *flat) root() table { return f.table(f.follow(0)) }

func (f *flat) table(at int) table {
	vtable := at - int(int32(f.u32(at))) // #nosec G115 -- stored signed
	size := int(f.u16(vtable))
	if f.err != nil || size < 4 || size%2 != 0 || !f.within(vtable, size) || !f.spend(at, tableWork) {
		f.fail(at, "no table is here")
		return table{f: f}
	}
	return table{f: f, at: at, fields: vtable + 4, count: size/2 - 2}
}

// place is where a field is; 0 where it is absent.
func (t table) place(field int) int {
	if t.at == 0 || field >= t.count {
		return 0
	}
	if offset := int(t.f.u16(t.fields + 2*field)); offset != 0 {
		return t.at + offset
	}
	return 0
}

func (t table) child(field int) table {
	if at := t.place(field); at != 0 {
		return t.f.table(t.f.follow(at))
	}
	return table{f: t.f}
}

func (t table) integer(field int, def int32) int32 {
	if at := t.place(field); at != 0 {
		return int32(t.f.u32(at)) // #nosec G115 -- stored signed
	}
	return def
}

func (t table) single(field int, def float32) float32 {
	if at := t.place(field); at != 0 {
		return math.Float32frombits(t.f.u32(at))
	}
	return def
}

func (t table) double(field int, def float64) float64 {
	at := t.place(field)
	if at == 0 || !t.f.within(at, 8) {
		return def
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(t.f.data[at:]))
}

func (t table) octet(field int, def byte) byte {
	at := t.place(field)
	if at == 0 || !t.f.within(at, 1) {
		return def
	}
	return t.f.data[at]
}

// vector is the bytes of a vector of elements of a size.
func (t table) vector(field, size int) []byte {
	at := t.place(field)
	if at == 0 {
		return nil
	}
	at = t.f.follow(at)
	n := int(t.f.u32(at))
	if n > len(t.f.data)/size || !t.f.within(at+4, n*size) {
		t.f.fail(at, "a vector of %d elements", n)
		return nil
	}
	if !t.f.spend(at, n*size) {
		return nil
	}
	return t.f.data[at+4 : at+4+n*size]
}

func (t table) text(field int) string { return string(t.vector(field, 1)) }

func (t table) integers(field int) []int32 {
	raw := t.vector(field, 4)
	out := make([]int32, len(raw)/4)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(raw[4*i:])) // #nosec G115 -- stored signed
	}
	return out
}

func (t table) singles(field int) []float32 {
	raw := t.vector(field, 4)
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

func (t table) doubles(field int) []float64 {
	raw := t.vector(field, 8)
	out := make([]float64, len(raw)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}

// each calls f with every table of a vector of them.
func (t table) each(field int, f func(table)) {
	raw := t.vector(field, 4)
	if len(raw) == 0 {
		return
	}
	first := t.f.follow(t.place(field)) + 4
	for i := 0; i < len(raw) && t.f.err == nil; i += 4 {
		f(t.f.table(t.f.follow(first + i)))
	}
}

// texts are the strings of a vector of them.
func (t table) texts(field int) []string {
	raw := t.vector(field, 4)
	if len(raw) == 0 {
		return nil
	}
	first := t.f.follow(t.place(field)) + 4
	var out []string
	for i := 0; i < len(raw); i += 4 {
		at := t.f.follow(first + i)
		n := int(t.f.u32(at))
		if !t.f.within(at+4, n) || !t.f.spend(at, n) {
			return nil
		}
		out = append(out, string(t.f.data[at+4:at+4+n]))
	}
	return out
}

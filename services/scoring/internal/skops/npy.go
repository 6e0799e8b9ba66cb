package skops

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

const (
	npyMagic = "\x93NUMPY"
	// maxHeader bounds the header of an array; one of a record of 20 fields has
	// 1 kB.
	maxHeader = 1 << 16
)

// readNpy reads an array in numpy's own format: a header, which is a Python
// dict, and the elements, which are shared with data.
func readNpy(data []byte) (*pickle.Array, error) {
	const fixed = len(npyMagic) + 2 // and major, minor version
	if len(data) < fixed+2 || string(data[:len(npyMagic)]) != npyMagic {
		return nil, errors.New("this is no .npy file")
	}
	size, start := 0, 0
	switch major := data[len(npyMagic)]; major {
	case 1:
		size, start = int(binary.LittleEndian.Uint16(data[fixed:])), fixed+2
	case 2, 3:
		if len(data) < fixed+4 {
			return nil, errors.New("the .npy file ends in its header")
		}
		size, start = int(binary.LittleEndian.Uint32(data[fixed:])), fixed+4
	default:
		return nil, fmt.Errorf("version %d of the .npy format", major)
	}
	if size > maxHeader || size > len(data)-start {
		return nil, fmt.Errorf("the header of an .npy file claims %d bytes", size)
	}
	header, err := parseLiteral(string(data[start : start+size]))
	if err != nil {
		return nil, fmt.Errorf("the header of an .npy file: %w", err)
	}
	m, ok := header.(members)
	if !ok {
		return nil, errors.New("the header of an .npy file is no dict")
	}
	descr, _ := m.get("descr")
	fortran, okOrder := first(m.get("fortran_order")).(bool)
	dims, okShape := first(m.get("shape")).([]any)
	if len(m) != 3 || !okOrder || !okShape {
		return nil, errors.New("the header of an .npy file does not hold descr, fortran_order and shape")
	}
	shape := make([]int, len(dims))
	for i, v := range dims {
		if shape[i], ok = v.(int); !ok {
			return nil, fmt.Errorf("dimension %d of an array is no integer", i)
		}
	}
	d, err := dtype(descr, 0)
	if err != nil {
		return nil, err
	}
	return pickle.NewArray(d, shape, fortran, data[start+size:])
}

func first[T any](v T, _ bool) T { return v }

// maxRecordDepth bounds records within records.
const maxRecordDepth = 8

// dtype reads the descr of a header: a name, or a list of fields. Fields lie
// one after another; what pads them has no name.
func dtype(descr any, depth int) (*pickle.Dtype, error) {
	switch descr := descr.(type) {
	case string:
		name := descr
		// The unit of dates: nothing reads them.
		if i := strings.IndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") && strings.ContainsAny(name[:i], "mM") {
			name = name[:i]
		}
		return pickle.ParseDtype(name)
	case []any:
		if depth == maxRecordDepth {
			return nil, errors.New("records are nested too deep")
		}
		return record(descr, depth)
	}
	return nil, errors.New("the descr of an array is neither a name nor a list of fields")
}

func record(descr []any, depth int) (*pickle.Dtype, error) {
	var fields []pickle.Field
	names := make(map[string]bool, len(descr))
	size := 0
	for i, entry := range descr {
		t, ok := entry.([]any)
		if !ok || len(t) < 2 || len(t) > 3 {
			return nil, fmt.Errorf("field %d of a dtype is no tuple of 2 or 3", i)
		}
		name, ok := t[0].(string)
		if !ok {
			return nil, fmt.Errorf("field %d of a dtype has no plain name", i)
		}
		d, err := dtype(t[1], depth+1)
		if err != nil {
			return nil, fmt.Errorf("field %.40q of a dtype: %w", name, err)
		}
		if len(t) == 3 { // an array within the record: its bytes stay opaque
			n, err := product(t[2], d.Size)
			if err != nil {
				return nil, fmt.Errorf("field %.40q of a dtype: %w", name, err)
			}
			d = &pickle.Dtype{Kind: 'V', Size: n}
		}
		if name != "" {
			if names[name] {
				return nil, fmt.Errorf("two fields of a dtype are named %.40q", name)
			}
			names[name] = true
			fields = append(fields, pickle.Field{Name: name, Dtype: *d, Offset: size})
		}
		if size += d.Size; size > maxRecord {
			return nil, errTooWide
		}
	}
	return pickle.NewRecord(size, fields)
}

// maxRecord bounds the bytes of a record.
const maxRecord = 1 << 20

var errTooWide = fmt.Errorf("a record has more than %d bytes", maxRecord)

func product(shape any, size int) (int, error) {
	dims, ok := shape.([]any)
	if !ok {
		return 0, errors.New("the shape is no tuple")
	}
	for _, v := range dims {
		n, ok := v.(int)
		if !ok || n < 0 || n > maxRecord {
			return 0, errors.New("a dimension is no size")
		}
		if size *= n; size > maxRecord {
			return 0, errTooWide
		}
	}
	return size, nil
}

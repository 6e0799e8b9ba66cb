package engine

import "reflect"

// Bytes is how much memory the predictor keeps, all that can be reached from
// it, but not the blocks that come and go with requests. It walks through
// the predictor, which takes a while for models of many categories.
func (p *Predictor) Bytes() int64 {
	w := walker{seen: map[uintptr]bool{}, flat: map[reflect.Type]bool{}}
	return w.pointed(reflect.ValueOf(p))
}

// A walker adds up what it has not seen yet.
type walker struct {
	seen map[uintptr]bool
	flat map[reflect.Type]bool // types that point at nothing
}

// pointed is how many bytes a value has beyond itself, the spare capacity of
// slices included.
func (w *walker) pointed(v reflect.Value) int64 {
	if w.isFlat(v.Type()) {
		return 0
	}
	var n int64
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return w.pointed(v.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() || w.seen[v.Pointer()] {
			return 0
		}
		w.seen[v.Pointer()] = true
	default:
	}
	switch v.Kind() {
	case reflect.Pointer:
		return int64(v.Elem().Type().Size()) + w.pointed(v.Elem())
	case reflect.Slice:
		return int64(v.Cap())*int64(v.Type().Elem().Size()) + w.elements(v)
	case reflect.Array:
		return w.elements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			n += w.pointed(v.Field(i))
		}
	case reflect.Map: // an entry takes about its size, and half of that is free
		each := 2*int64(v.Type().Key().Size()) + int64(v.Type().Elem().Size())
		for entry := v.MapRange(); entry.Next(); {
			n += each + w.pointed(entry.Key()) + w.pointed(entry.Value())
		}
	default:
	}
	return n
}

func (w *walker) elements(v reflect.Value) (n int64) {
	if w.isFlat(v.Type().Elem()) {
		return 0
	}
	for i := range v.Len() {
		n += w.pointed(v.Index(i))
	}
	return n
}

// isFlat reports whether a value of the type is all in itself. Of millions of
// nodes none needs to be looked at then.
func (w *walker) isFlat(t reflect.Type) bool {
	flat, known := w.flat[t]
	if known {
		return flat
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.String:
	case reflect.Array:
		flat = w.isFlat(t.Elem())
	case reflect.Struct:
		flat = true
		for i := range t.NumField() {
			flat = flat && w.isFlat(t.Field(i).Type)
		}
	default: // numbers, and functions and the like, whose memory is the program's
		flat = true
	}
	w.flat[t] = flat
	return flat
}

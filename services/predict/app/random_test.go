package app

import (
	"math"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// words are those that requests for housing are made of, and some that hurt.
var words = []string{"", "housing", "nowhere", "1", "3", "0", "-1", "9223372036854775808", "longitude", "latitude", "median_income", "ocean_proximity",
	"NEAR BAY", "predict", "FP64", "FP32", "INT64", "BYTES", "BOOL", "UINT8", "FP16", "../../etc/passwd", "a\x00b", "%s%d%!v", "é\u202e😀",
	"binary_data_output", "<script>", "{{.}}", strings.Repeat("long", 300)}

// A random makes messages of any type from its descriptor alone, so that a
// field that is new is sent nonsense from its first day.
type random struct{ *rand.Rand }

func (r random) oneIn(n int) bool { return r.IntN(n) == 0 }

// fill sets about half of a message's fields.
func (r random) fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); r.oneIn(2) {
			r.set(m, f, depth)
		}
	}
}

// change changes a message, which may be a good one, in one place or a few.
func (r random) change(m protoreflect.Message, depth int) {
	for range 1 + r.IntN(3) {
		fields := m.Descriptor().Fields()
		if fields.Len() == 0 {
			return
		}
		f := fields.Get(r.IntN(fields.Len()))
		switch {
		case r.oneIn(5):
			m.Clear(f)
		case f.IsList() && m.Get(f).List().Len() > 0 && !r.oneIn(4):
			list := m.Mutable(f).List()
			i := r.IntN(list.Len())
			switch {
			case r.oneIn(6):
				list.Truncate(i)
			case r.oneIn(6):
				list.Append(list.Get(i))
			case f.Message() != nil:
				r.change(list.Get(i).Message(), depth+1)
			default:
				list.Set(i, r.scalar(f))
			}
		case f.Message() != nil && !f.IsMap() && !f.IsList() && m.Has(f) && !r.oneIn(5):
			r.change(m.Mutable(f).Message(), depth+1)
		default:
			r.set(m, f, depth)
		}
	}
}

func (r random) set(m protoreflect.Message, f protoreflect.FieldDescriptor, depth int) {
	if f.Message() != nil && depth > 6 {
		return
	}
	switch {
	case f.IsMap():
		for range r.IntN(3) {
			v := r.value(f.MapValue(), m.Mutable(f).Map().NewValue, depth)
			m.Mutable(f).Map().Set(r.scalar(f.MapKey()).MapKey(), v)
		}
	case f.IsList():
		n := r.IntN(4)
		if f.Message() == nil && r.oneIn(8) {
			n = r.IntN(2000)
		}
		list := m.Mutable(f).List()
		for range n {
			list.Append(r.value(f, list.NewElement, depth))
		}
	default:
		m.Set(f, r.value(f, func() protoreflect.Value { return m.NewField(f) }, depth))
	}
}

func (r random) value(f protoreflect.FieldDescriptor, message func() protoreflect.Value, depth int) protoreflect.Value {
	if f.Message() == nil {
		return r.scalar(f)
	}
	v := message()
	r.fill(v.Message(), depth+1)
	return v
}

func (r random) integer() int64 {
	return []int64{0, 1, 1, 2, 3, 9, -1, 127, 1 << 16, 1 << 20, math.MaxInt32, math.MinInt32, math.MaxUint32, math.MaxInt64, math.MinInt64,
		int64(r.Uint64() >> r.IntN(64))}[r.IntN(16)] //nolint:gosec // any bits will do
}

func (r random) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	n := r.integer()
	x := []float64{0, 1, -1, 0.5, 41, -122.23, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), r.NormFloat64()}[r.IntN(13)]
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n&1 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)) //nolint:gosec // any bits will do
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n)) //nolint:gosec // any bits will do
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n)) //nolint:gosec // any bits will do
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(n)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(n)) //nolint:gosec // any bits will do
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(x))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(x)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(r.word())
	}
	return protoreflect.ValueOfBytes([]byte(r.word() + r.word()))
}

func (r random) word() string { return words[r.IntN(len(words))] }

// bytes are those of a message, sometimes damaged.
func (r random) bytes(m proto.Message) []byte {
	data, err := proto.Marshal(m)
	if err != nil || !r.oneIn(5) || len(data) == 0 {
		return data
	}
	switch i := r.IntN(len(data)); r.IntN(4) {
	case 0:
		return data[:i]
	case 1:
		return append(data, data[i:]...)
	case 2:
		return append(data[:i:i], append([]byte{byte(r.Uint32())}, data[i:]...)...) //nolint:gosec // any bits will do
	default:
		data[i] ^= byte(1 << r.IntN(8))
		return data
	}
}

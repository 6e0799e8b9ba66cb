package jsonlex

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
)

// Numbers near and beyond where arithmetic on exact floats still rounds right.
func TestNumbers(t *testing.T) {
	for _, text := range []string{
		"0", "-0", "0.0", "-0.0", "1", "-1", "41", "8.3252", "-122.23", "1e22", "1e23", "1.7976931348623157e308", "5e-324", "2e-324", "1e-400",
		"9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995e3", "0.1", "0.30000000000000004", "1234567890123456789",
		"12345678901234567890", "99999999999999999999", "1.00000000000000011102230246251565", "123456789e-30", "1E+5", "1e-5", "0e999999999999",
		"0.000000000000000000000000000000000001", strings.Repeat("9", 300), "0." + strings.Repeat("0", 300) + "1",
	} {
		want64, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		l := New([]byte(text))
		got, err := l.Float64()
		if err != nil || math.Float64bits(got) != math.Float64bits(want64) {
			t.Errorf("Float64 of %s: got %v, %v, want %v", text, got, err, want64)
		}
		want32, err := strconv.ParseFloat(text, 32)
		l = New([]byte(text))
		got32, got32Err := l.Float32()
		if (got32Err == nil) != (err == nil) || err == nil && got32 != float32(want32) {
			t.Errorf("Float32 of %s: got %v, %v, want %v, %v", text, got32, got32Err, want32, err)
		}
	}
}

func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		text string
		bits int
		want int64
		err  string
	}{
		{"9223372036854775807", 64, math.MaxInt64, ""},
		{"-9223372036854775808", 64, math.MinInt64, ""},
		{"9223372036854775808", 64, 0, "9223372036854775808 is not an integer of 64 bits"},
		{"128", 8, 0, "128 is not an integer of 8 bits"},
		{"1.0", 32, 0, "1.0 is not an integer of 32 bits"},
		{"1e3", 32, 0, "1e3 is not an integer of 32 bits"},
		{`"1"`, 32, 0, "expected a number; found a string"},
	} {
		l := New([]byte(c.text))
		got, err := l.Int64(c.bits)
		if c.err == "" && (err != nil || got != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %v, %v, want %v, %s", c.text, got, err, c.want, c.err)
		}
	}
	l := New([]byte("18446744073709551615 -1"))
	if v, err := l.Uint64(64); v != math.MaxUint64 || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := l.Uint64(64); err == nil {
		t.Error("-1 was read as unsigned")
	}
}

func TestAppend(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 452600, 1e20, 1e21, 1e-6, 1e-7, 0.1, 206855.81690999999, math.MaxFloat64, 5e-324} {
		want, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back float64
		got := AppendFloat(nil, f)
		if err := json.Unmarshal(got, &back); err != nil || math.Float64bits(back) != math.Float64bits(f) {
			t.Errorf("%s reads back as %v, %v", got, back, err)
		}
		if len(got) > len(want)+1 { // encoding/json writes e-7 where strconv writes e-07
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := string(AppendFloat(nil, float64(float32(0.1)))); got != "0.10000000149011612" {
		t.Errorf("a float32: got %s", got)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(AppendFloat(nil, f)); got != "null" {
			t.Errorf("%v: got %s", f, got)
		}
	}
	for _, s := range []string{"", "NEAR BAY", "<1H OCEAN", "\"\\\n\t\x00\x7f", "café 🌳", "\xff", "a\xe2\x82"} {
		var got string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") && got != strings.ReplaceAll(s, "\xe2\x82", "\ufffd\ufffd") {
			t.Errorf("%q: reads back as %q, %v", s, got, err)
		}
	}
}

// FuzzSkip holds the lexer to encoding/json: it accepts nothing more, and
// less only where it says so.
func FuzzSkip(f *testing.F) {
	for _, text := range []string{`{"a": [1, -2.5e+3, true, false, null, "x\u00e9\n"], "b": {}}`, ` [ ] `, `"\ud83c\udf33"`, `01`, `[1,]`, `nul`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := New(text)
		err := l.Skip()
		if err == nil {
			err = l.End()
		}
		valid := json.Valid(text)
		if err == nil && !valid {
			t.Fatalf("%q: accepted", text)
		}
		if err != nil && valid {
			for _, known := range []string{"nest deeper", "not valid UTF-8", "invalid escape"} {
				if strings.Contains(err.Error(), known) {
					return
				}
			}
			t.Fatalf("%q: %v", text, err)
		}
		if valid && bytes.HasPrefix(text, []byte(`"`)) {
			var want string
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			l := New(text)
			if got, err := l.String(nil); err != nil || string(got) != want {
				t.Fatalf("%q: got %q, %v, want %q", text, got, err, want)
			}
		}
	})
}

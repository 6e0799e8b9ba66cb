package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

const house = `{"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880,
	"total_bedrooms": 129, "population": 322, "households": 126, "median_income": 8.3252, "ocean_proximity": "NEAR BAY"}`

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one record", `{"a": 1.5, "b": "x", "c": true}`,
			`{"rows": 1, "columns": [{"name": "a", "numbers": {"values": [1.5]}}, {"name": "b", "strings": {"values": ["x"]}}, {"name": "c", "booleans": {"values": [true]}}]}`},
		{"fields in any order", `[{"a": 1, "b": 2}, {"b": 3, "a": 4}]`,
			`{"rows": 2, "columns": [{"name": "a", "numbers": {"values": [1, 4]}}, {"name": "b", "numbers": {"values": [2, 3]}}]}`},
		{"null in numbers is NaN", `[{"a": null}, {"a": 1}, {"a": null}]`,
			`{"rows": 3, "columns": [{"name": "a", "numbers": {"values": ["NaN", 1, "NaN"]}}]}`},
		{"null in strings", `[{"a": null}, {"a": "x"}, {"a": null}]`,
			`{"rows": 3, "columns": [{"name": "a", "strings": {"values": ["", "x", ""]}, "missing": [0, 2]}]}`},
		{"null in booleans", `[{"a": true}, {"a": null}]`,
			`{"rows": 2, "columns": [{"name": "a", "booleans": {"values": [true, false]}, "missing": [1]}]}`},
		{"nothing but null", `[{"a": null}, {"a": null}]`,
			`{"rows": 2, "columns": [{"name": "a", "missing": [0, 1]}]}`},
		{"a field that some records lack", `[{"a": 1}, {"b": "x"}, {"a": 2, "b": "y"}, {}]`,
			`{"rows": 4, "columns": [{"name": "a", "numbers": {"values": [1, "NaN", 2, "NaN"]}}, {"name": "b", "strings": {"values": ["", "x", "y", ""]}, "missing": [0, 3]}]}`},
		{"an empty record", `{}`, `{"rows": 1}`},
		{"arrays", `[[1, "x", null], [2, "y", 3]]`,
			`{"rows": 2, "columns": [{"numbers": {"values": [1, 2]}}, {"strings": {"values": ["x", "y"]}}, {"numbers": {"values": ["NaN", 3]}}]}`},
		{"escapes", `{"caf\u00e9\n": "\ud83c\udf33 \"tree\""}`,
			`{"rows": 1, "columns": [{"name": "café\n", "strings": {"values": ["🌳 \"tree\""]}}]}`},
		{"negative zero", `{"a": -0.0}`, `{"rows": 1, "columns": [{"name": "a", "numbers": {"values": [-0.0]}}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Batch
			if err := b.Decode([]byte(c.text), DefaultLimits()); err != nil {
				t.Fatal(err)
			}
			checkTable(t, b.Table(), c.want)
		})
	}
}

func TestDecodeInstances(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"records", `{"instances": [{"a": 1}, {"a": 2}]}`, `{"rows": 2, "columns": [{"name": "a", "numbers": {"values": [1, 2]}}]}`},
		{"arrays", `{"instances": [[1], [2]]}`, `{"rows": 2, "columns": [{"numbers": {"values": [1, 2]}}]}`},
		{"other members", `{"signature_name": "x", "parameters": {"a": [1, {"b": null}]}, "instances": [[1]], "id": 3}`,
			`{"rows": 1, "columns": [{"numbers": {"values": [1]}}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Batch
			if err := b.DecodeInstances([]byte(c.text), DefaultLimits()); err != nil {
				t.Fatal(err)
			}
			checkTable(t, b.Table(), c.want)
		})
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `at byte 0: expected a record, or a list of records; the text ends`},
		{`3`, `at byte 0: expected a record, or a list of records; found a number`},
		{`[]`, `the list is empty: expected at least one row`},
		{`{"a": 1`, `row 0, at byte 7: expected ',' after a value of the record; the text ends`},
		{`{"a" 1}`, `row 0, at byte 5: expected ':' after a key; found a number`},
		{`{a: 1}`, `row 0, at byte 1: expected a key, which is a string in double quotes; found 'a'`},
		{`{"a": 1,}`, `row 0, at byte 8: expected a key`},
		{`{"a": 1} x`, `at byte 9: expected the end; found 'x'`},
		{`{"a": 1}{"a": 1}`, `at byte 8: expected the end; found an object`},
		{`{"a": 1, "a": 2}`, `row 0, field a, at byte 9: the field is there twice`},
		{`[{"a": 1}, {"b": 1, "b": null}]`, `row 1, field b, at byte 20: the field is there twice`},
		{`[{"a": 1}, {"": 1}]`, `row 1, at byte 12: a field has an empty name`},
		{`{"a": [1]}`, `row 0, field a, at byte 6: expected a number, a string, true, false or null; found an array`},
		{`{"a": {"b": 1}}`, `row 0, field a, at byte 6: expected a number, a string, true, false or null; found an object`},
		{`{"a": NaN}`, `row 0, field a, at byte 6: expected a number, a string, true, false or null; NaN and Infinity are not JSON (null stands for a missing value)`},
		{`{"a": -Infinity}`, `field a, at byte 6: expected a number; NaN and Infinity are not JSON`},
		{`{"a": 01}`, `field a, at byte 6: a number must not start with a zero`},
		{`{"a": 1.}`, `field a, at byte 8: expected a digit after the decimal point`},
		{`{"a": 1e}`, `field a, at byte 8: expected a digit in the exponent`},
		{`{"a": -}`, `field a, at byte 7: expected a digit after the minus sign`},
		{`{"a": 1e999}`, `field a, at byte 6: the number 1e999 is out of the range of a float64`},
		{`{"a": nul}`, `field a, at byte 6: expected null`},
		{`{"a": "\x"}`, `field a, at byte 7: a string holds an invalid escape`},
		{`{"a": "\ud800"}`, `field a, at byte 7: a string holds an invalid escape`},
		{"{\"a\": \"\xff\"}", `field a, at byte 7: a string is not valid UTF-8`},
		{"{\"a\": \"\n\"}", `field a, at byte 7: a string holds the control character 0x0a, which must be escaped`},
		{`[{"a": 1}, {"a": null}, {"a": "x"}]`, `row 2, field a, at byte 30: a string, but row 0 has a number`},
		{`[[1, 2], [3, true]]`, `row 1, field value 1, at byte 13: a boolean, but row 0 has a number`},
		{`[[1, 2], [3]]`, `row 1, at byte 12: 1 values, but row 0 has 2`},
		{`[[1], [2, 3]]`, `row 1, at byte 10: more values than row 0, which has 1`},
		{`[{"a": 1}, [1]]`, `row 1, at byte 11: an array, but row 0 is an object`},
		{`[1, 2]`, `row 0, at byte 1: expected an object of values by field name, or an array of values; found a number`},
	} {
		var b Batch
		err := b.Decode([]byte(c.text), DefaultLimits())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got: %v\nwant: %s", c.text, err, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`[]`, `expected '{' to start a request`},
		{`{}`, `the request has no "instances"`},
		{`{"instances": [[1]], "instances": [[1]]}`, `at byte 21: "instances" is there twice`},
		{`{"instances": {"a": 1}}`, `expected a list as "instances"; found an object`},
		{`{"x": ` + strings.Repeat("[", 100) + `}`, `values nest deeper than 64`},
		{`{"x": [1 2]}`, `expected ',' after a value of the array`},
	} {
		var b Batch
		err := b.DecodeInstances([]byte(c.text), DefaultLimits())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got: %v\nwant: %s", c.text, err, c.want)
		}
	}
}

// Each limit stops a text that is far smaller than what it would turn into.
func TestLimits(t *testing.T) {
	var sparse strings.Builder
	sparse.WriteString(`[{"a": 1}`)
	for i := range 200 {
		fmt.Fprintf(&sparse, `, {"f%d": 1}`, i)
	}
	sparse.WriteString("]")
	for _, c := range []struct{ text, want string }{
		{`[[1], [2], [3], [4]]`, "more than 3 rows"},
		{`[[1, 2, 3, 4, 5, 6]]`, "more than 5 fields"},
		{`[[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]`, "3 rows of 4 fields are more than 10 values"},
	} {
		var b Batch
		err := b.Decode([]byte(c.text), Limits{Rows: 3, Columns: 5, Cells: 10})
		if e := (*Error)(nil); !errors.As(err, &e) || !e.TooLarge || !strings.Contains(e.What, c.want) {
			t.Errorf("%s: got %v, want %s", c.text, err, c.want)
		}
	}
	var b Batch
	err := b.Decode([]byte(sparse.String()), Limits{Rows: 1000, Columns: 1000, Cells: 2000})
	if e := (*Error)(nil); !errors.As(err, &e) || !e.TooLarge {
		t.Errorf("records with a field each: got %v", err)
	}
}

// A batch is used again and again; nothing of an earlier text may be left.
func TestReuse(t *testing.T) {
	var b Batch
	texts := []string{
		`[{"a": 1, "b": "x"}, {"a": 2}]`, `{"b": 1}`, `{"a": {}}`, `[[true], [null]]`, `{"a": null}`,
		`{"a": "y", "c": null, "b": 3}`, wide(40), `[{"a": 1, "b": "x"}, {"a": 2}]`,
	}
	for _, text := range texts {
		var fresh Batch
		want, got := fresh.Decode([]byte(text), DefaultLimits()), b.Decode([]byte(text), DefaultLimits())
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s: got error %v, want %v", text, got, want)
		}
		if got == nil && !equal(b.Table(), fresh.Table()) {
			t.Errorf("%s: got %v, want %v", text, b.Table(), fresh.Table())
		}
		if b.Single != fresh.Single {
			t.Errorf("%s: Single is %v", text, b.Single)
		}
	}
}

func wide(fields int) string {
	record := map[string]any{}
	for i := range fields {
		record[fmt.Sprint("f", i)] = i
	}
	text, err := json.Marshal([]any{record, record})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestAllocations(t *testing.T) {
	var b Batch
	text := []byte(house)
	decode := func() {
		if err := b.Decode(text, DefaultLimits()); err != nil {
			t.Fatal(err)
		}
		b.Table()
	}
	decode()
	if n := testing.AllocsPerRun(100, decode); n > 0 {
		t.Errorf("decoding a record allocates %v times once warm, want never", n)
	}
}

func BenchmarkDecodeRecord(b *testing.B) {
	var batch Batch
	text := []byte(house)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := batch.Decode(text, DefaultLimits()); err != nil {
			b.Fatal(err)
		}
		batch.Table()
	}
}

func BenchmarkDecodeThousandRecords(b *testing.B) {
	var batch Batch
	text := []byte("[" + strings.Repeat(house+",", 999) + house + "]")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := batch.Decode(text, DefaultLimits()); err != nil {
			b.Fatal(err)
		}
		batch.Table()
	}
}

func checkTable(t *testing.T, got *predictv1.Table, want string) {
	t.Helper()
	var table predictv1.Table
	if err := protojson.Unmarshal([]byte(want), &table); err != nil {
		t.Fatal(err)
	}
	if !equal(got, &table) {
		t.Errorf("got %v, want %v", got, &table)
	}
}

// equal compares bit for bit but for NaN, which has many.
func equal(a, b *predictv1.Table) bool {
	if !proto.Equal(a, b) {
		return false
	}
	for i, c := range a.GetColumns() {
		for j, v := range c.GetNumbers().GetValues() {
			if w := b.GetColumns()[i].GetNumbers().GetValues()[j]; math.Signbit(v) != math.Signbit(w) && v == v {
				return false
			}
		}
	}
	return true
}

package records

import (
	"encoding/json"
	"math"
	"testing"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// FuzzDecode holds the decoder to encoding/json: what it accepts, encoding/json
// accepts, and both read the same values.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{house, `[{"a": 1, "b": "x"}, {"b": null, "a": -1.5e-7}]`, `[[1, "x", true], [null, null, null]]`,
		`{"\u00e9": "\ud83c\udf33\n"}`, `[{"a": 12345678901234567890.5e-300}, {}]`, `{"a": 0.1e1, "b": 9007199254740993}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var b Batch
		if b.Decode(text, Limits{Rows: 100, Columns: 100, Cells: 1000}) != nil {
			return
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%q: accepted, but encoding/json says %v", text, err)
		}
		rows, list := want.([]any)
		if !list {
			rows = []any{want}
		}
		if b.Single == list || b.Rows() != len(rows) {
			t.Fatalf("%q: %d rows, single %v", text, b.Rows(), b.Single)
		}
		columns := b.Table().GetColumns()
		for i, row := range rows {
			record, _ := row.(map[string]any)
			array, _ := row.([]any)
			for j, column := range columns {
				var w any
				if record != nil {
					w = record[column.GetName()]
				} else {
					w = array[j]
				}
				if g := cell(column, i); g != w {
					t.Fatalf("%q: row %d, column %d: got %v, want %v", text, i, j, g, w)
				}
			}
			if record != nil && len(record) > len(columns) || array != nil && len(array) != len(columns) {
				t.Fatalf("%q: row %d has %d columns", text, i, len(columns))
			}
		}
	})
}

// cell returns a value as encoding/json reads it.
func cell(c *predictv1.Column, row int) any {
	for _, missing := range c.GetMissing() {
		if int(missing) == row {
			return nil
		}
	}
	switch v := c.GetValues().(type) {
	case *predictv1.Column_Numbers:
		if f := v.Numbers.GetValues()[row]; !math.IsNaN(f) {
			return f
		}
	case *predictv1.Column_Strings:
		return v.Strings.GetValues()[row]
	case *predictv1.Column_Booleans:
		return v.Booleans.GetValues()[row]
	}
	return nil
}

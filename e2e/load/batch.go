package main

import (
	"encoding/json"
	"fmt"
	"math"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// The HTTP APIs that a load can ask.
const (
	apiPredict = "predict"
	apiV1      = "v1"
	apiV2      = "v2"
)

// A batch is the content of a request, encoded once, and the rows in it.
type batch struct {
	rows   []int             // positions in the goldens
	bodies map[string][]byte // by API
	table  *predictv1.PredictRequest
}

// maxBatches bounds the memory of large batches.
const maxBatches = 16

// batches cuts the goldens into requests of n rows: one a row, or a few that
// begin at different rows.
func (g *goldens) batches(n int, model string, apis []string) ([]*batch, error) {
	count := len(g.rows)
	if n > 1 {
		count = min(count, maxBatches)
	}
	var all []*batch
	for i := range count {
		b := &batch{bodies: map[string][]byte{}, table: &predictv1.PredictRequest{Model: model}}
		start := i * len(g.rows) / count
		for j := range n {
			b.rows = append(b.rows, (start+j)%len(g.rows))
		}
		for _, api := range apis {
			body, err := json.Marshal(g.body(api, b.rows))
			if err != nil {
				return nil, fmt.Errorf("encode rows for %s: %w", api, err)
			}
			b.bodies[api] = body
		}
		table, err := g.table(b.rows)
		if err != nil {
			return nil, err
		}
		b.table.Rows = &predictv1.PredictRequest_Table{Table: table}
		all = append(all, b)
	}
	return all, nil
}

// body is what a JSON API takes.
func (g *goldens) body(api string, rows []int) any {
	records := make([]map[string]any, len(rows))
	for i, r := range rows {
		records[i] = map[string]any{}
		for f, name := range g.features {
			records[i][name] = g.rows[r][f]
		}
	}
	switch {
	case api == apiV1:
		return map[string]any{"instances": records}
	case api == apiV2:
		return map[string]any{"inputs": g.tensors(rows)}
	case len(rows) == 1:
		return records[0]
	}
	return records
}

type tensor struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
	Data     []any  `json:"data"`
}

func (g *goldens) tensors(rows []int) []tensor {
	var inputs []tensor
	for f, name := range g.features {
		t := tensor{Name: name, Datatype: "FP64", Shape: []int{len(rows)}}
		if g.isText(f) {
			t.Datatype = "BYTES"
		}
		for _, r := range rows {
			t.Data = append(t.Data, g.rows[r][f])
		}
		inputs = append(inputs, t)
	}
	return inputs
}

// isText reports whether a feature has strings.
func (g *goldens) isText(feature int) bool {
	for _, r := range g.rows {
		if _, ok := r[feature].(string); ok {
			return true
		}
	}
	return false
}

// table is what the typed API takes.
func (g *goldens) table(rows []int) (*predictv1.Table, error) {
	t := &predictv1.Table{}
	for f, name := range g.features {
		c := &predictv1.Column{Name: name}
		var numbers []float64
		var strings []string
		for i, r := range rows {
			x, s := math.NaN(), ""
			switch v := g.rows[r][f].(type) {
			case json.Number:
				var err error
				if x, err = v.Float64(); err != nil {
					return nil, fmt.Errorf("feature %s of golden row %d: %w", name, r, err)
				}
			case string:
				s = v
			default:
				c.Missing = append(c.Missing, uint32(i)) //nolint:gosec // at most a million
			}
			numbers, strings = append(numbers, x), append(strings, s)
		}
		if g.isText(f) {
			c.Values = &predictv1.Column_Strings{Strings: &predictv1.Strings{Values: strings}}
		} else {
			c.Values = &predictv1.Column_Numbers{Numbers: &predictv1.Numbers{Values: numbers}}
		}
		t.Columns = append(t.Columns, c)
	}
	t.Rows = uint32(len(rows)) //nolint:gosec // at most a million
	return t, nil
}

package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A mapping is where a candidate's features are in the log, by name, or by
// position where the candidate was trained without names.
type mapping struct {
	features []scoring.Feature // the candidate's
	from     []int             // position in the log; -1: not there, missing in every row
	absent   []string
	ignored  []string
	// classes are the candidate's positions of the log's classes; none where
	// the two have not the same classes.
	classes []int
}

func newMapping(sig *scoring.Signature, shape *payloadfile.Shape) (mapping, error) {
	m := mapping{features: sig.Features, from: make([]int, len(sig.Features))}
	for i := range m.from {
		m.from[i] = -1
	}
	inputs := model.NewInputs(sig)
	for j, f := range shape.Features {
		i, ok := inputs.Find(f.Name)
		if !sig.Named && len(sig.Features) == len(shape.Features) {
			i, ok = j, true
		}
		switch {
		case !ok:
			m.ignored = append(m.ignored, f.Name)
			continue
		case m.from[i] >= 0:
			return m, fmt.Errorf("the log's features %s and %s are both the candidate's %s", shape.Features[m.from[i]].Name, f.Name, sig.Features[i].Name)
		case f.Text != (sig.Features[i].Type == scoring.String) && !sig.Features[i].Unused:
			return m, fmt.Errorf("the candidate takes %s as a %s, which it is not in the log", sig.Features[i].Name, sig.Features[i].Type)
		case f.Text != (sig.Features[i].Type == scoring.String):
			continue // the model never reads it
		}
		m.from[i] = j
	}
	var needed []string
	for i, f := range sig.Features {
		if m.from[i] < 0 && !f.Unused {
			if m.absent = append(m.absent, f.Name); !f.Optional {
				needed = append(needed, f.Name)
			}
		}
	}
	if len(needed) > 0 {
		return m, fmt.Errorf("the candidate needs %s, which the log does not have", strings.Join(needed[:min(len(needed), 30)], ", "))
	}
	m.classes = positions(sig, shape)
	return m, nil
}

func positions(sig *scoring.Signature, shape *payloadfile.Shape) []int {
	if !shape.Probabilities || sig.Methods&scoring.PredictProba == 0 || len(sig.Classes) != len(shape.Classes) {
		return nil
	}
	var out []int
	for _, name := range shape.Classes {
		at := slices.IndexFunc(sig.Classes, func(c scoring.Label) bool { return c.String() == name })
		if at < 0 {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// add appends a row to a batch.
func (m *mapping) add(b *scoring.Batch, row *payloadfile.Row) {
	if b.Columns == nil {
		b.Columns = make([]scoring.Column, len(m.features))
	}
	b.Rows++
	for i, f := range m.features {
		cell := payloadfile.Cell{Missing: true}
		if m.from[i] >= 0 {
			cell = row.Features[m.from[i]]
		}
		c := &b.Columns[i]
		switch {
		case f.Type == scoring.String:
			c.Strings, c.Missing = append(c.Strings, cell.Text), append(c.Missing, cell.Missing)
		case cell.Missing:
			c.Numbers = append(c.Numbers, math.NaN())
		default:
			c.Numbers = append(c.Numbers, cell.Number)
		}
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A kind is a model and the rows to ask it.
type kind struct {
	name    string
	version *model.Version
	rows    scoring.Batch
}

func open(directory, name string) (*kind, error) {
	f, err := os.Open(filepath.Join(directory, name+".joblib")) // #nosec G304 -- what the caller names
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := scoring.Open(f, nil)
	if err != nil {
		return nil, err
	}
	k := &kind{name: name, version: &model.Version{Name: name, Number: 1, Model: m}}
	text, err := os.ReadFile(filepath.Join(directory, name+".json")) // #nosec G304 -- the same
	if err != nil {
		return nil, err
	}
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(text, &columns); err != nil {
		return nil, err
	}
	for _, f := range m.Signature().Features {
		var c scoring.Column
		values, ok := columns[f.Name]
		if !ok {
			values = columns["text"] // a vectorizer's input has no name
		}
		if f.Type == scoring.String {
			err = json.Unmarshal(values, &c.Strings)
		} else {
			err = json.Unmarshal(values, &c.Numbers)
		}
		if err != nil {
			return nil, err
		}
		k.rows.Columns = append(k.rows.Columns, c)
		k.rows.Rows = len(c.Numbers) + len(c.Strings)
	}
	return k, nil
}

// A workload makes requests, of which a share in percent is rows that were
// asked before. The others never were: their first column is changed a bit.
type workload struct {
	kind    *kind
	batch   scoring.Batch
	percent int
	row     int // the next of kind.rows
	due     int // rows that are to be known: above 0 the next one is
	fresh   int
}

func newWorkload(k *kind, rows, percent int) *workload {
	w := &workload{kind: k, percent: percent, batch: scoring.Batch{Rows: rows}}
	for _, c := range k.rows.Columns {
		if c.Strings != nil {
			w.batch.Columns = append(w.batch.Columns, scoring.Column{Strings: make([]string, rows)})
		} else {
			w.batch.Columns = append(w.batch.Columns, scoring.Column{Numbers: make([]float64, rows)})
		}
	}
	return w
}

// known is how many rows are asked again and again.
const known = 1000

func (w *workload) next() *scoring.Batch {
	for row := range w.batch.Rows {
		from := w.row % known
		w.row++
		for i, c := range w.kind.rows.Columns {
			if c.Strings != nil {
				w.batch.Columns[i].Strings[row] = c.Strings[from]
			} else {
				w.batch.Columns[i].Numbers[row] = c.Numbers[from]
			}
		}
		if w.due += w.percent; w.due >= 100 {
			w.due -= 100
			continue
		}
		w.fresh++
		if first := w.batch.Columns[0]; first.Strings != nil {
			first.Strings[row] += " " + strconv.Itoa(w.fresh)
		} else {
			first.Numbers[row] += float64(w.fresh) * 1e-9
		}
	}
	return &w.batch
}

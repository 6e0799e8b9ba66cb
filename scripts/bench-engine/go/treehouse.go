package main

import (
	"context"
	"os"
	"runtime"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// treehouse is this project's engine, by the API that its users have.
type treehouse struct {
	model   *scoring.Model
	columns [][]float64
	batch   scoring.Batch
	row     scoring.Batch // of one row
	result  scoring.Result
}

func (t *treehouse) version() string { return runtime.Version() + " " + runtime.GOARCH }

func (t *treehouse) open(_, path string, rows []float32, columns int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	t.model, err = scoring.Open(f, nil)
	if err != nil {
		return err
	}
	t.columns = make([][]float64, columns)
	for i, x := range rows {
		t.columns[i%columns] = append(t.columns[i%columns], float64(x))
	}
	t.batch.Columns = make([]scoring.Column, columns)
	t.row = scoring.Batch{Rows: 1, Columns: make([]scoring.Column, columns)}
	for i := range t.row.Columns {
		t.row.Columns[i].Numbers = make([]float64, 1)
	}
	return nil
}

// predict writes one row into columns that stay, as whoever decodes a request
// would, and takes a slice of many.
func (t *treehouse) predict(first, n int) error {
	if n == 1 {
		for i, column := range t.columns {
			t.row.Columns[i].Numbers[0] = column[first]
		}
		return t.model.Predict(context.Background(), &t.row, scoring.Predict, &t.result)
	}
	t.batch.Rows = n
	for i, column := range t.columns {
		t.batch.Columns[i].Numbers = column[first : first+n]
	}
	return t.model.Predict(context.Background(), &t.batch, scoring.Predict, &t.result)
}

func (t *treehouse) outputs() []float64 { return t.result.Values }

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
	return nil
}

func (t *treehouse) predict(first, n int) error {
	t.batch.Rows = n
	for i, column := range t.columns {
		t.batch.Columns[i].Numbers = column[first : first+n]
	}
	return t.model.Predict(context.Background(), &t.batch, scoring.Predict, &t.result)
}

func (t *treehouse) outputs() []float64 { return t.result.Values }

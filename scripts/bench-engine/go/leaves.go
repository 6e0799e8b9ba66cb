package main

import (
	"runtime/debug"

	"github.com/dmitryikh/leaves"
)

// leavesLibrary is github.com/dmitryikh/leaves.
type leavesLibrary struct {
	model   *leaves.Ensemble
	columns int
	rows    []float64
	out     []float64
}

func (l *leavesLibrary) version() string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == "github.com/dmitryikh/leaves" {
			return m.Version
		}
	}
	return "unknown"
}

func (l *leavesLibrary) open(trainedBy, path string, rows []float32, columns int) (err error) {
	read := leaves.XGEnsembleFromFile
	if trainedBy == "lightgbm" {
		read = leaves.LGEnsembleFromFile
	}
	if l.model, err = read(path, false); err != nil {
		return err
	}
	l.columns, l.rows = columns, make([]float64, len(rows))
	for i, x := range rows {
		l.rows[i] = float64(x)
	}
	return nil
}

func (l *leavesLibrary) predict(first, n int) error {
	if cap(l.out) < n {
		l.out = make([]float64, n)
	}
	l.out = l.out[:n]
	rows := l.rows[first*l.columns : (first+n)*l.columns]
	return l.model.PredictDense(rows, n, l.columns, l.out, 0, 1)
}

func (l *leavesLibrary) outputs() []float64 { return l.out }

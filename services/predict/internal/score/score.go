// Package score computes predictions for a CSV file, block by block, so that a
// file of any size goes through little memory.
package score

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Options say what to compute.
type Options struct {
	Model  model.Scorer
	Method scoring.Method // exactly one
	Input  io.Reader      // CSV with a header
	Output io.Writer      // CSV, one row for each of the input
	// Warn, if not nil, is told what is done but may surprise.
	Warn func(message string)
}

// blockRows is how many rows are in memory at once, and blockNumbers about how many
// numbers of their results.
const (
	blockRows    = 4096
	blockNumbers = 1 << 22
)

// Run scores the whole input. Columns go by name where the model has names,
// else by position; an empty cell is missing. Errors name row (from 1, without
// the header) and column.
func Run(ctx context.Context, o Options) error {
	sig := o.Model.Signature()
	if sig.Methods&o.Method == 0 {
		return &scoring.MethodError{Asked: o.Method, Offered: sig.Methods}
	}
	in, err := newReader(o.Input, sig, o.Warn)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(o.Output, 1<<16)
	out := csv.NewWriter(buffered)
	if err := out.Write(header(sig, o.Method)); err != nil {
		return err
	}
	var result scoring.Result
	rows := max(1, min(blockRows, blockNumbers/max(1, sig.Width(o.Method))))
	for {
		batch, err := in.block(rows)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := o.Model.Predict(ctx, batch, o.Method, &result); err != nil {
			return in.locate(err)
		}
		if err := writeRows(out, sig, o.Method, &result, batch.Rows); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	out.Flush()
	if err := errors.Join(out.Error(), buffered.Flush()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

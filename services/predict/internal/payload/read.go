package payload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// A Source is where a log is read from.
type Source interface {
	// List names the log's files.
	List(ctx context.Context) ([]string, error)
	Open(ctx context.Context, name string) (Opened, error)
}

// Read calls each with every row of a model that a log has, file by file, in
// the order of their names; without a name the log must be of one model. Shape
// and row are overwritten by the next.
func Read(ctx context.Context, log Source, model string, each func(*payloadfile.Shape, *payloadfile.Row) error) error {
	names, err := log.List(ctx)
	if err != nil {
		return fmt.Errorf("the log: %w", err)
	}
	slices.Sort(names)
	found, only := false, model
	for _, name := range names {
		if directory, _, nested := strings.Cut(name, "/"); nested && model != "" && directory != model && !strings.Contains(directory, "=") {
			continue // another model's
		}
		err := readFile(ctx, log, name, func(shape *payloadfile.Shape, row *payloadfile.Row) error {
			if only == "" {
				only = row.Model
			}
			if row.Model != only {
				if model != "" {
					return nil
				}
				return fmt.Errorf("the log has rows of %s and of %s; expected one of them to be named", only, row.Model)
			}
			found = true
			return each(shape, row)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	switch {
	case found:
		return nil
	case model != "":
		return fmt.Errorf("the log has no rows of %s, in %d files", model, len(names))
	}
	return fmt.Errorf("the log has no rows, in %d files", len(names))
}

func readFile(ctx context.Context, log Source, name string, each func(*payloadfile.Shape, *payloadfile.Row) error) (err error) {
	file, err := log.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return payloadfile.Read(file, file.Size, func(shape *payloadfile.Shape, row *payloadfile.Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return each(shape, row)
	})
}

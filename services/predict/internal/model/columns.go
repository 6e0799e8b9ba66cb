package model

import (
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Columns are those of an MLflow signature as package scoring takes them.
func Columns(columns []store.Column) []scoring.NamedColumn {
	if columns == nil {
		return nil
	}
	out := make([]scoring.NamedColumn, len(columns))
	for i, c := range columns {
		out[i].Name = c.Name
		if c.Text {
			out[i].Type = scoring.String
		}
	}
	return out
}

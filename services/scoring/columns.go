package scoring

import (
	"fmt"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A NamedColumn is a column as something beside the file describes it, such as
// the signature of an MLflow model.
type NamedColumn struct {
	Name string
	Type FeatureType
}

// applyColumns holds a model to a description of its columns. A model trained
// without names gets them; of one with names every column that it reads has to be
// among those described. Neither may take a text for a number.
func applyColumns(m *model.Model, columns []NamedColumn) error {
	if columns == nil {
		return nil
	}
	fail := func(what string, args ...any) error {
		return &FormatError{Format: m.Source.Format, Offset: -1, What: "the signature " + fmt.Sprintf(what, args...)}
	}
	described := make(map[string]FeatureType, len(columns))
	underscored := make(map[string]FeatureType, len(columns)) // as LightGBM writes names
	for _, c := range columns {
		described[c.Name] = c.Type
		underscored[strings.ReplaceAll(c.Name, " ", "_")] = c.Type
	}
	if !m.Named {
		if len(columns) != len(m.Features) {
			return fail("has %d columns, but the model %d", len(columns), len(m.Features))
		}
		for i, c := range columns {
			m.Features[i].Name = c.Name
		}
		m.Named = true
	}
	for _, f := range m.Features {
		t, ok := described[f.Name]
		if !ok {
			t, ok = underscored[f.Name]
		}
		switch {
		case f.Unused:
		case !ok:
			return fail("does not have the column %q, which the model reads", f.Name)
		case t == String && f.Kind == model.Number:
			return fail("says that %q is no number, but the model reads one", f.Name)
		}
	}
	return nil
}

package scoring_test

import (
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A description of the columns names those of a model without names, and
// refuses a model that reads others.
func TestColumns(t *testing.T) {
	unnamed, named := "testdata/catboost-1.2.10/loss-rmse", "testdata/catboost-1.2.10/ctr-mixed"
	of := func(names ...string) (out []scoring.NamedColumn) {
		for _, name := range names {
			out = append(out, scoring.NamedColumn{Name: strings.TrimPrefix(name, "text:"), Type: scoring.FeatureType(strings.Count(name, "text:"))}) // #nosec G115 -- 0 or 1
		}
		return out
	}
	for _, c := range []struct {
		dir     string
		columns []scoring.NamedColumn
		err     string
	}{
		{unnamed, of("a", "b", "c", "d", "e"), ""},
		{unnamed, of("a", "b"), "has 2 columns, but the model 5"},
		{unnamed, of("a", "b", "c", "d", "text:e"), `says that "e" is no number`},
		{unnamed, of("a", "a", "c", "d", "e"), `two features are named "a"`},
		{named, of("code", "extra", "income", "age", "text:ocean", "text:state", "animal"), ""},
		{"testdata/lightgbm-4.7.0/names-with-spaces", of("median income", "age"), ""},
		{named, of("code", "income", "age", "ocean", "state"), `does not have the column "animal"`},
	} {
		m, err := open(t, artifact(t, c.dir), &scoring.Options{Columns: c.columns})
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%v: got %v, want an error with %q", c.columns, err, c.err)
		case c.err == "" && err != nil:
			t.Errorf("%v: %v", c.columns, err)
		case c.err == "" && c.dir == unnamed && m.Signature().Features[4].Name != "e":
			t.Errorf("got %+v", m.Signature().Features)
		}
	}
}

package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// The series of a version come with it, at 0, and go with it.
func TestSeriesComeAndGo(t *testing.T) {
	v, bare := version(t, "housing", houses, housesReference), version(t, "bare", houses, "")
	m, catalog, registry, _ := monitor(t, "", v, bare)
	got := gather(t, registry)
	for key, x := range got {
		if strings.Contains(key, "_total") && x != 0 {
			t.Errorf("%s = %v before the first row", key, x)
		}
	}
	if _, ok := got["prediction_bin_total|0 (-inf, 100]"]; !ok || len(got) != 17 {
		t.Errorf("%d series: %v", len(got), slices.Sorted(maps.Keys(got)))
	}
	one := &model.Prediction{Version: v, Batch: &scoring.Batch{Rows: 1, Columns: []scoring.Column{
		{Numbers: []float64{1}}, {Numbers: []float64{1}}, {Strings: []string{"BAY"}}, {Numbers: []float64{1}},
	}}, Result: &scoring.Result{Values: []float64{1}}}
	m.Observe(t.Context(), one)
	if got := gather(t, registry); got["drift_rows_total"] != 1 {
		t.Errorf("%v rows", got["drift_rows_total"])
	}
	catalog.served = nil
	m.Observe(t.Context(), one) // of a request that was in flight
	if got := gather(t, registry); len(got) != 1 {
		t.Errorf("series are left: %v", got)
	}
	catalog.served = []*model.Version{version(t, "housing", houses, housesReference)}
	if got := gather(t, registry); got["drift_rows_total"] != 0 || len(got) != 17 {
		t.Errorf("loaded again: %v", got)
	}
	if m.Wants(bare) != 0 {
		t.Error("something is wanted of a version without a reference")
	}
}

// A model of many features has bins of 20, a process a bounded number of
// series, and what is left out is counted.
func TestSeriesAreBounded(t *testing.T) {
	sig, reference := scoring.Signature{Outputs: 1}, "  features:\n"
	for i := range 400 {
		sig.Features = append(sig.Features, scoring.Feature{Name: fmt.Sprintf("x%d", i)})
		reference += fmt.Sprintf("    - {name: x%d, missing: 0, min: 0, max: 1, edges: [0.5], shares: [0.5, 0.5]}\n", i)
	}
	// 1 and, of each feature, 3: missing, its share, out of range. Then 20 times
	// 2 bins, 2 shares, 2 thresholds.
	const most, rest = 1 + 3*400 + 6*20, 6 * 380
	var served []*model.Version
	for i := range 5 {
		served = append(served, version(t, fmt.Sprintf("m%d", i), sig, reference))
	}
	m, catalog, registry, log := monitor(t, "m0=*;m1=*;m2=*;m3=*;m4=*", served[:1]...)
	series := func() (n int) {
		for _, c := range *m.sync() {
			n += c.series
		}
		return n
	}
	if n := series(); n != most {
		t.Errorf("%d series, want %d", n, most)
	}
	if !strings.Contains(log.String(), "bins of 380 features are not counted") {
		t.Error(log)
	}
	catalog.served = served
	if n := series(); n > maxSeries || n <= maxSeries-6 {
		t.Errorf("%d series of five models, want about %d", n, maxSeries)
	}
	all := 5*(most+rest) - series()
	if n := gather(t, registry)["drift_series_dropped_total"]; int(n) != all {
		t.Errorf("%v series dropped, want %d", n, all)
	}
	// A model that goes makes room for the next one.
	catalog.served = served[1:]
	before := series()
	catalog.served = append(slices.Clone(served[1:]), version(t, "new", sig, reference))
	if n := series(); n <= before {
		t.Errorf("%d series with a new model, %d without", n, before)
	}
}

func TestReferencesOfAnotherModel(t *testing.T) {
	tests := []struct{ name, reference, features, problem string }{
		{"a feature that the model lacks", "  features: [{name: z, missing: 0, edges: [], shares: [1]}]\n", "", `the reference has a feature \"z\"; the model has income`},
		{"categories of a number", "  features: [{name: income, missing: 0, categories: [], shares: [1]}]\n", "", `feature \"income\" is not that of a number`},
		{"edges of a string", "  features: [{name: ocean, missing: 0, edges: [], shares: [1]}]\n", "", `feature \"ocean\" is not that of a string`},
		{"classes of a regressor", "  prediction: {classes: [a], shares: [1]}\n", "", "prediction does not fit a model for regression with 1 outputs"},
		{"a selection that is no feature", housesReference, "housing=ocaen", `bins of \"ocaen\" cannot be counted`},
		{"a selection that the model never reads", housesReference, "housing=age", `bins of \"age\" cannot be counted`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := version(t, "housing", houses, tt.reference)
			m, _, registry, log := monitor(t, tt.features, v)
			if _, ok := gather(t, registry)["drift_rows_total"]; !ok || m.of(v) == nil {
				t.Error("the version is not watched at all")
			}
			if !strings.Contains(log.String(), tt.problem) {
				t.Errorf("log %q, want %q", log, tt.problem)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	b := newBins(&store.Distribution{Categories: []string{"", other, `"`, "BAY"}, Shares: make([]float64, 5)})
	if want := []string{`""`, `"(other)"`, `"\""`, "BAY", other}; !slices.Equal(b.labels, want) {
		t.Errorf("categories: %q, want %q", b.labels, want)
	}
	b = newBins(&store.Distribution{Classes: []any{1, 0.5, true, "yes"}, Shares: make([]float64, 4)})
	if want := []string{"1", "0.5", "true", "yes"}; !slices.Equal(b.labels, want) {
		t.Errorf("classes: %q, want %q", b.labels, want)
	}
	edges := []float64{-122.29, 0, 1e-7, 1, 2, 3, 4, 5, 6, 1e21}
	b = newBins(&store.Distribution{Edges: edges, Shares: make([]float64, 11)})
	if !slices.IsSorted(b.labels) || b.labels[0] != "00 (-inf, -122.29]" || b.labels[10] != "10 (1e+21, +inf)" {
		t.Errorf("numbers: %q", b.labels)
	}
}

func TestParseSelection(t *testing.T) {
	var many []string
	for i := range maxFeatures + 1 {
		many = append(many, fmt.Sprint("x", i))
	}
	tests := []struct{ text, want, err string }{
		{"", "map[]", ""},
		{"housing=median_income, households; churn=*;", "map[churn:{true []} housing:{false [median_income households]}]", ""},
		{"housing", "", `"housing"; expected MODEL=`},
		{"=x", "", "expected MODEL="},
		{"housing=", "", `model "housing": a feature's name is empty`},
		{"housing=a,,b", "", "name is empty"},
		{"housing=a,a", "", `feature "a" is there twice`},
		{"housing=a;housing=b", "", `model "housing" is there twice`},
		{"housing=" + strings.Join(many, ","), "", "has 21 features; at most 20"},
	}
	for _, tt := range tests {
		got, err := ParseSelection(tt.text)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, want %q", tt.text, err, tt.err)
			}
		case err != nil || fmt.Sprint(got) != tt.want:
			t.Errorf("%q: %v, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

package store

import (
	"os"
	"strings"
	"testing"
)

const referenceHeader = header + `reference:
  format: treehouse.dev/reference/v1
  rows: 4128
  window: 1000
  falseAlarms: 0.001
`

func TestReference(t *testing.T) {
	long := strings.Repeat("x", maxCategory+1)
	tests := []struct{ name, text, err string }{
		{"nothing is watched", referenceHeader, ""},
		{"a feature of each kind", referenceHeader + `  features:
    - {name: income, missing: 0.1, min: -1, max: 9, edges: [2, 4], shares: [0.3, 0.3, 0.4], psi: 0.03, js: 0.07}
    - {name: ocean, missing: 0, categories: [BAY, ""], shares: [0.5, 0.25, 0.25], psi: 0.03, js: 0.07}
    - {name: always missing, missing: 1, edges: [], shares: []}
  prediction: {classes: [1, yes, 0.5, true], shares: [0.1, 0.2, 0.3, 0.4], psi: 0.01, js: 0.02}
`, ""},
		{"the others of many classes", referenceHeader + "  prediction: {classes: [a], shares: [0.5, 0.5]}\n", ""},

		{"another format", strings.Replace(referenceHeader, "reference/v1", "reference/v2", 1), `reference: format is "treehouse.dev/reference/v2"; expected "treehouse.dev/reference/v1"`},
		{"an unknown key", referenceHeader + "  quantiles: 10\n", "field quantiles not found"},
		{"an unknown key of a feature", referenceHeader + "  features: [{name: a, missing: 0, bins: 10}]\n", "field bins not found"},
		{"no rows", strings.Replace(referenceHeader, "rows: 4128", "rows: 0", 1), "rows is 0; expected at least 1"},
		{"no window", strings.Replace(referenceHeader, "window: 1000", "window: -1", 1), "window is -1"},
		{"a rate above 1", strings.Replace(referenceHeader, "0.001", "1.5", 1), "falseAlarms is 1.5; expected 0 to 1"},
		{"a feature without a name", referenceHeader + "  features: [{missing: 0, edges: []}]\n", `features[0]: name is ""`},
		{"a feature twice", referenceHeader + "  features: [{name: a, missing: 0, edges: []}, {name: a, missing: 0, edges: []}]\n", `features[1]: name is "a"`},
		{"a share that is none", referenceHeader + "  features: [{name: a, missing: .nan, edges: []}]\n", "feature a: missing is NaN; expected 0 to 1"},
		{"a minimum without a maximum", referenceHeader + "  features: [{name: a, missing: 0, min: 1, edges: []}]\n", "one of min and max"},
		{"a range upside down", referenceHeader + "  features: [{name: a, missing: 0, min: 1, max: 0, edges: []}]\n", "min is 1 and max is 0"},
		{"no kind", referenceHeader + "  features: [{name: a, missing: 0}]\n", "it has 0 of edges, categories and classes"},
		{"two kinds", referenceHeader + "  features: [{name: a, missing: 0, edges: [], categories: []}]\n", "it has 2 of edges, categories and classes"},
		{"classes of a feature", referenceHeader + "  features: [{name: a, missing: 0, classes: []}]\n", "it has classes"},
		{"categories of a prediction", referenceHeader + "  prediction: {categories: [a], shares: [0.5, 0.5]}\n", "prediction: it has categories"},
		{"a share too many", referenceHeader + "  features: [{name: a, missing: 0, edges: [1], shares: [0.5, 0.25, 0.25]}]\n", "3 shares for 1 edges"},
		{"no share for the others", referenceHeader + "  features: [{name: a, missing: 0, categories: [x, y], shares: [0.5, 0.5]}]\n", "2 shares for 2 categories"},
		{"classes without shares", referenceHeader + "  prediction: {classes: [x, y, z], shares: [0.5, 0.5]}\n", "2 shares for 3 classes"},
		{"edges that do not ascend", referenceHeader + "  features: [{name: a, missing: 0, edges: [1, 1], shares: [0.5, 0.25, 0.25]}]\n", "edges[1] is 1; expected ascending"},
		{"an infinite edge", referenceHeader + "  features: [{name: a, missing: 0, edges: [.inf], shares: [0.5, 0.5]}]\n", "edges[0] is +Inf"},
		{"a category twice", referenceHeader + "  features: [{name: a, missing: 0, categories: [x, x], shares: [0.5, 0.25, 0.25]}]\n", `categories[1] is "x"`},
		{"a text as a category", referenceHeader + "  features: [{name: a, missing: 0, categories: [" + long + "], shares: [0.5, 0.5]}]\n", "at most 128 bytes"},
		{"shares of more than all", referenceHeader + "  features: [{name: a, missing: 0, edges: [1], shares: [0.5, 0.6]}]\n", "the shares add up to 1.1"},
		{"a negative share", referenceHeader + "  features: [{name: a, missing: 0, edges: [1], shares: [-0.5, 1.5]}]\n", "shares[0] is -0.5"},
		{"a negative threshold", referenceHeader + "  features: [{name: a, missing: 0, edges: [], shares: [1], psi: -1}]\n", "psi is -1"},
		{"an infinite threshold", referenceHeader + "  features: [{name: a, missing: 0, edges: [], shares: [1], js: .inf}]\n", "js is +Inf"},
		{"too many bins", referenceHeader + "  prediction: {classes: [], shares: [" + strings.Repeat("0,", maxBins) + "1]}\n", "it has 51 shares; at most 50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseManifest([]byte(tt.text))
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
			case err != nil:
				t.Error(err)
			case m.Reference == nil:
				t.Error("no reference")
			}
		})
	}
}

// What treehouse.save wrote for the example.
func TestReferenceOfTheExample(t *testing.T) {
	text, err := os.ReadFile("../../models/housing/3/model.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	r := m.Reference
	if r == nil || r.Rows != 4128 || r.Window != 1000 || r.FalseAlarms != 0.001 || len(r.Features) != 9 || len(r.Prediction.Shares) != 10 {
		t.Fatalf("%+v", r)
	}
	if ocean := r.Features[8]; ocean.Name != "ocean_proximity" || len(ocean.Categories) != 5 || ocean.PSI <= 0 || ocean.Min != nil {
		t.Errorf("%+v", ocean)
	}
	// Files of before have none.
	before, _, _ := strings.Cut(string(text), "reference:\n")
	if m, err := ParseManifest([]byte(before)); err != nil || m.Reference != nil {
		t.Errorf("%v, %v", m, err)
	}
}

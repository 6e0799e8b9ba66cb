package scoring

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/lightgbm"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/onnx"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/sklearn"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/xgboost"
)

//go:generate go test -run ^TestFormatsDocument$ -count=1 . -update-formats

var updateFormats = flag.Bool("update-formats", false, "write docs/formats.md")

// formatsDocument is what users read, in the repository's documentation.
const formatsDocument = "../../docs/formats.md"

// The document names what the readers' own tables hold, and the versions of the
// goldens in which each occurs. `go generate` writes it.
func TestFormatsDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every golden")
	}
	got := goldens(t).document()
	if *updateFormats {
		if err := os.WriteFile(formatsDocument, []byte(got), 0o644); err != nil { // #nosec G306 -- a document
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(formatsDocument)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is stale: run go generate ./services/scoring", formatsDocument)
	}
}

func (s *survey) document() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("<!-- Written by go generate ./services/scoring: change the readers' tables, not this. -->")
	line("# What is read\n")
	line("From the readers' own tables, with the versions of which the tests replay a golden: a model and the library's own")
	line("outputs. Everything else is refused by its name and place; `predict inspect FILE` names each such part of a file.\n")
	line("## Files\n\n| format | goldens of |\n|---|---|")
	for _, name := range fileFormats {
		by := map[string]map[string]bool{}
		for v := range s.versions["format_"+name] {
			library, version, _ := strings.Cut(v, " ")
			note(by, library, version)
		}
		var parts []string
		for _, library := range slices.Sorted(maps.Keys(by)) {
			parts = append(parts, library+" "+span(by[library]))
		}
		line("| %s | %s |", name, strings.Join(parts, "; "))
	}
	transform, predict := sklearn.Classes()
	line("\n## Classes, in pickle, joblib and skops files\n")
	line("%d in all.\n", len(slices.Compact(slices.Sorted(slices.Values(slices.Concat(transform, predict))))))
	line("| transforms | versions |\n|---|---|")
	for _, c := range transform {
		line("| `%s` | %s |", c, span(s.versions[c]))
	}
	line("\n| predicts | versions |\n|---|---|")
	for _, c := range predict {
		versions := span(s.versions[c])
		if c == booster {
			versions = "xgboost " + span(s.versions["xgboost_"+c]) + "; lightgbm " + span(s.versions["lightgbm_"+c])
		}
		line("| `%s` | %s |", c, versions)
	}
	line("\n## Objectives\n\n| of XGBoost | versions |\n|---|---|")
	for _, o := range xgboost.Objectives() {
		line("| `%s` | %s |", o, span(s.versions["xgboost_"+o]))
	}
	line("\n| of LightGBM | versions |\n|---|---|")
	for _, o := range lightgbm.Objectives() {
		line("| `%s` | %s |", o, span(s.versions["lightgbm_"+o]))
	}
	line("\n## Operators of ONNX\n\n| operator | versions of ONNX Runtime |\n|---|---|")
	for _, o := range onnx.Operators() {
		line("| `%s` | %s |", o, span(s.versions["onnx_"+o]))
	}
	line("\n## Refused by name\n\nOf what the goldens hold; so is every class, objective and operator that is not above.\n")
	for _, name := range slices.Sorted(maps.Keys(s.refused)) {
		line("- `%s`", name)
	}
	return b.String()
}

// span tells the first version, the last, and how many.
func span(versions map[string]bool) string {
	sorted := slices.SortedFunc(maps.Keys(versions), func(a, b string) int {
		x, _ := parseVersion(a)
		y, _ := parseVersion(b)
		return cmp.Or(slices.Compare(x[:], y[:]), cmp.Compare(a, b))
	})
	switch len(sorted) {
	case 0:
		return "none of its own"
	case 1:
		return sorted[0]
	}
	return fmt.Sprintf("%s to %s (%d)", sorted[0], sorted[len(sorted)-1], len(sorted))
}

package scoring

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
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
	got := newSurvey(t).document()
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

// survey is what the goldens hold, by name: the versions of the library that
// it belongs to.
type survey struct {
	formats, classes, xgboost, lightgbm map[string]map[string]bool
	refused                             map[string]bool
}

func newSurvey(t *testing.T) *survey {
	s := &survey{map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}}
	dirs, err := filepath.Glob("testdata/*-*/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, dir := range dirs {
		files, _ := filepath.Glob(dir + "/model.*")
		files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".yaml") })
		if len(files) != 1 {
			continue
		}
		file, err := os.Open(files[0])
		if err != nil {
			t.Fatal(err)
		}
		m, err := Open(file, &Options{AllowUntested: true})
		_ = file.Close() // it was only read
		var unsupported *UnsupportedError
		switch {
		case errors.As(err, &unsupported):
			s.refused[unsupported.Class] = true
		case err == nil:
			s.add(filepath.Base(filepath.Dir(dir)), versionsOf(t, dir), m.Description())
		}
	}
	return s
}

// versionsOf are the libraries that a golden was written with.
func versionsOf(t *testing.T, dir string) map[string]string {
	var golden struct{ Versions map[string]string }
	if text, err := os.ReadFile(dir + "/golden.json"); err == nil {
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
	}
	return golden.Versions
}

func (s *survey) add(library string, versions map[string]string, d *Description) {
	at := strings.LastIndexByte(library, '-')
	note(s.formats, d.Format, library[:at]+" "+library[at+1:])
	for _, stage := range d.Stages {
		of, class := libraryOf(stage.Class), stage.Class
		if class == booster { // both libraries call it so
			of, class = d.Library, d.Library+" "+class
		}
		note(s.classes, class, versions[of])
		objective, _, _ := strings.Cut(stage.Detail, ",")
		objective, _, _ = strings.Cut(objective, " ")
		switch of {
		case "xgboost":
			note(s.xgboost, objective, versions[of])
		case "lightgbm":
			note(s.lightgbm, objective, versions[of])
		}
	}
}

func note(in map[string]map[string]bool, name, version string) {
	if in[name] == nil {
		in[name] = map[string]bool{}
	}
	if version != "" {
		in[name][version] = true
	}
}

const booster = "Booster"

// libraryOf is the library that a class is of, by the custom of their names.
func libraryOf(class string) string {
	for prefix, library := range map[string]string{"XGB": "xgboost", "xgboost": "xgboost", "LGBM": "lightgbm", "lightgbm": "lightgbm", "CatBoost": "catboost"} {
		if strings.HasPrefix(class, prefix) {
			return library
		}
	}
	return "scikit-learn"
}

func (s *survey) document() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("<!-- Written by go generate ./services/scoring: change the readers' tables, not this. -->")
	line("# What is read\n")
	line("From the readers' own tables, with the versions of which the tests replay a golden: a model and the library's own")
	line("outputs. Everything else is refused by its name and place; `predict inspect FILE` names each such part of a file.\n")
	line("## Files\n\n| format | goldens of |\n|---|---|")
	for _, name := range slices.Sorted(maps.Keys(s.formats)) {
		by := map[string]map[string]bool{}
		for v := range s.formats[name] {
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
		line("| `%s` | %s |", c, span(s.classes[c]))
	}
	line("\n| predicts | versions |\n|---|---|")
	for _, c := range predict {
		versions := span(s.classes[c])
		if c == booster {
			versions = "xgboost " + span(s.classes["xgboost "+c]) + "; lightgbm " + span(s.classes["lightgbm "+c])
		}
		line("| `%s` | %s |", c, versions)
	}
	line("\n## Objectives\n\n| of XGBoost | versions |\n|---|---|")
	for _, o := range xgboost.Objectives() {
		line("| `%s` | %s |", o, span(s.xgboost[o]))
	}
	line("\n| of LightGBM | versions |\n|---|---|")
	for _, o := range lightgbm.Objectives() {
		line("| `%s` | %s |", o, span(s.lightgbm[o]))
	}
	line("\n## Operators of ONNX\n\n`%s`\n", strings.Join(onnx.Operators(), "`, `"))
	line("## Refused by name\n\nOf what the goldens hold; so is every class, objective and operator that is not above.\n")
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

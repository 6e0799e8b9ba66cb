package scoring

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/lightgbm"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/onnx"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/sklearn"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/xgboost"
)

const booster = "Booster" // both libraries call it so

// fileFormats are all that a [Description] can have.
var fileFormats = []string{
	"catboost-cbm", "catboost-json", "joblib", "lightgbm-text", "onnx", "pickle", "skops",
	"xgboost-binary", "xgboost-json", "xgboost-ubj",
}

// catalog is everything that is read, by the readers' own tables: format_joblib, Ridge,
// xgboost_Booster, xgboost_reg:gamma, onnx_Abs and so on.
func catalog() []string {
	transform, predict := sklearn.Classes()
	all := slices.Concat(transform, predict)
	all = slices.DeleteFunc(all, func(class string) bool { return class == booster })
	all = append(all, "xgboost_"+booster, "lightgbm_"+booster)
	for prefix, names := range map[string][]string{
		"format_": fileFormats, "xgboost_": xgboost.Objectives(), "lightgbm_": lightgbm.Objectives(), "onnx_": onnx.Operators(),
	} {
		for _, name := range names {
			all = append(all, prefix+name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// parts are what a model has of the catalog, with the library that each belongs to.
func parts(d *Description) map[string]string {
	of := map[string]string{"format_" + d.Format: d.Library}
	for _, stage := range d.Stages {
		if d.Format == "onnx" {
			_, operators, _ := strings.Cut(stage.Detail, ", of ")
			for _, o := range strings.Fields(operators) {
				of["onnx_"+o] = d.Library
			}
			continue
		}
		library, class := libraryOf(stage.Class), stage.Class
		if class == booster {
			library, class = d.Library, d.Library+"_"+class
		}
		of[class] = library
		if library == "xgboost" || library == "lightgbm" {
			objective, _, _ := strings.Cut(stage.Detail, ",")
			objective, _, _ = strings.Cut(objective, " ")
			of[library+"_"+objective] = library
		}
	}
	return of
}

// libraryOf is the library that a class is of, by the custom of their names.
func libraryOf(class string) string {
	for prefix, library := range map[string]string{"XGB": "xgboost", "xgboost": "xgboost", "LGBM": "lightgbm", "lightgbm": "lightgbm", "CatBoost": "catboost"} {
		if strings.HasPrefix(class, prefix) {
			return library
		}
	}
	return "scikit-learn"
}

// A survey is what the goldens hold.
type survey struct {
	versions map[string]map[string]bool // of the library, by part; of a format: of each library
	refused  map[string]bool
}

// A class counts only with a golden of its own: a model that has it, and the library's own outputs.
func TestEveryClassHasAGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every golden")
	}
	s := goldens(t)
	for _, part := range catalog() {
		if len(s.versions[part]) == 0 {
			t.Errorf("%s has no golden", part)
		}
	}
}

// goldens surveys testdata, once for all tests.
func goldens(t *testing.T) *survey {
	s, err := surveyed()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var surveyed = sync.OnceValues(func() (*survey, error) {
	s := &survey{map[string]map[string]bool{}, map[string]bool{}}
	dirs, err := filepath.Glob("testdata/*-*/*")
	if err != nil || len(dirs) == 0 {
		return nil, errors.Join(err, errors.New("no goldens"))
	}
	for _, dir := range dirs {
		files, _ := filepath.Glob(dir + "/model.*")
		files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".yaml") })
		if len(files) != 1 {
			continue
		}
		file, err := os.Open(files[0])
		if err != nil {
			return nil, err
		}
		m, err := Open(file, &Options{AllowUntested: true})
		_ = file.Close() // it was only read
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) {
			s.refused[unsupported.Class] = true
		}
		if err != nil {
			continue
		}
		if err := s.add(dir, m.Description()); err != nil {
			return nil, err
		}
	}
	return s, nil
})

func (s *survey) add(dir string, d *Description) error {
	text, err := os.ReadFile(dir + "/golden.json")
	if err != nil {
		return err
	}
	var golden struct{ Versions map[string]string } // that it was written with
	if err := json.Unmarshal(text, &golden); err != nil {
		return err
	}
	name := filepath.Base(filepath.Dir(dir))
	at := strings.LastIndexByte(name, '-')
	for part, library := range parts(d) {
		version := golden.Versions[library]
		if strings.HasPrefix(part, "format_") {
			version = name[:at] + " " + name[at+1:]
		}
		note(s.versions, part, version)
	}
	return nil
}

func note(in map[string]map[string]bool, name, version string) {
	if in[name] == nil {
		in[name] = map[string]bool{}
	}
	if version != "" {
		in[name][version] = true
	}
}

// Random models are drawn of all that is read: a new class needs a draw in scripts/parity.
func TestParityDrawsEveryClass(t *testing.T) {
	text, err := os.ReadFile("../../scripts/parity/wanted.py")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(string(text), func(c rune) bool { return strings.ContainsRune(" \n\"'(),[]{}", c) }) {
		words[word] = true
	}
	for _, part := range catalog() {
		name := part
		for _, prefix := range []string{"format_", "xgboost_", "lightgbm_", "onnx_"} {
			name = strings.TrimPrefix(name, prefix)
		}
		if !words[name] {
			t.Errorf("no draw of scripts/parity/wanted.py makes %s", part)
		}
	}
}

package scoring

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A TestedRange says which versions of a library this package was tested with:
// goldens of the first, the last and versions between them are replayed by its
// tests.
type TestedRange struct {
	Library     string // its PyPI name
	First, Last string // inclusive
}

func (t TestedRange) String() string { return t.First + " to " + t.Last }

// tested is kept by a test: testdata holds goldens of both ends.
var tested = []TestedRange{
	{Library: "scikit-learn", First: "1.1.3", Last: "1.9.1"},
	{Library: "xgboost", First: "0.90", Last: "3.4.1"},
	{Library: "lightgbm", First: "2.2.3", Last: "4.7.0"},
	{Library: "catboost", First: "1.2", Last: "1.2.10"},
	{Library: "onnxruntime", First: "1.16.3", Last: "1.32.0"},
}

// TestedVersions returns, by library, the versions whose models [Open] accepts
// without further ado.
func TestedVersions() []TestedRange { return slices.Clone(tested) }

// checkVersions refuses a model of an untested version. LightGBM's text and
// wrappers do not say their version, nor do some builds of CatBoost and ONNX files, which
// anything may run; their readers check the version of the format instead.
func checkVersions(s *model.Source) error {
	if err := checkVersion(s.Library, s.Version); err != nil {
		return err
	}
	for library, version := range s.Embedded {
		if err := checkVersion(library, version); err != nil {
			return err
		}
	}
	return nil
}

func checkVersion(library, version string) error {
	i := slices.IndexFunc(tested, func(t TestedRange) bool { return t.Library == library })
	if i < 0 {
		return &VersionError{Library: library, Version: version}
	}
	if version == "" && (library == "lightgbm" || library == "catboost" || library == "onnxruntime") {
		return nil
	}
	t := tested[i]
	v, ok := parseVersion(version)
	first, _ := parseVersion(t.First)
	last, _ := parseVersion(t.Last)
	if !ok || slices.Compare(v[:], first[:]) < 0 || slices.Compare(v[:], last[:]) > 0 {
		return &VersionError{Library: library, Version: version, Tested: t.String()}
	}
	return nil
}

// release matches final releases: 1.5.2, 1.5.2.post1, 2.0.0+cu12. What comes
// before a release (1.5.dev0, 1.5rc1) is nothing that was tested.
var release = regexp.MustCompile(`^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:\.post\d+)?(?:\+.*)?$`)

func parseVersion(s string) (v [3]int, ok bool) {
	parts := release.FindStringSubmatch(strings.TrimSpace(s))
	if parts == nil {
		return v, false
	}
	for i := range v {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(parts[i+1])
		if err != nil {
			return v, false
		}
		v[i] = n
	}
	return v, true
}

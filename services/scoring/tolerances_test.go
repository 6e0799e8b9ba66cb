package scoring

import (
	"math"
	"testing"
)

func TestTolerances(t *testing.T) {
	next := func(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }
	for _, test := range []struct {
		name             string
		tolerance        tolerance
		got, want, terms float64
		ok               bool
	}{
		{"trees are exact", exact, 1, 1, 0, true},
		{"one unit in the last place", exact, next(1), 1, 0, false},
		{"NaN is NaN", exact, math.NaN(), math.NaN(), 0, true},
		{"NaN is no number", sum64, math.NaN(), 1, 1e9, false},
		{"a number is no NaN", sum64, 1, math.NaN(), 1e9, false},
		{"infinity is infinity", exact, math.Inf(1), math.Inf(1), 0, true},
		{"infinity is nothing else", linked64, math.MaxFloat64, math.Inf(1), 0, false},
		{"a float32 link", linked32, 1000.0009, 1000, 0, true},
		{"a float32 link, too far", linked32, 1000.0011, 1000, 0, false},
		{"a float64 link", linked64, 1000 + 9e-10, 1000, 0, true},
		{"a float64 link, too far", linked64, 1000 + 2e-9, 1000, 0, false},
		{"a small sum", sum64, 0.9e-9, 0, 0, true},
		{"a small sum, too far", sum64, 1.1e-9, 0, 0, false},
		{"a sum of large terms", sum64, 0.9e-3, 0, 1e6, true},
		{"a sum of large terms, too far", sum64, 1.1e-3, 0, 1e6, false},
	} {
		if got := test.tolerance.allows(test.got, test.want, test.terms); got != test.ok {
			t.Errorf("%s: %v for %v: %v, want %v", test.name, test.got, test.want, got, test.ok)
		}
	}
}

func TestDifferences(t *testing.T) {
	for _, test := range []struct {
		name             string
		tolerance        tolerance
		got, want, terms float64
		difference       float64
	}{
		{"the same", exact, 3, 3, 0, 0},
		{"both NaN", sum64, math.NaN(), math.NaN(), math.NaN(), 0},
		{"of a number", exact, 3, 2, 0, 0.5},
		{"of the terms", sum64, 3, 2, 8, 0.125},
		{"of small terms", sum64, 0.5, 0.25, 0, 0.25},
		{"of the absolute part", tolerance{relative: 0.25, absolute: 1}, 3, 1, 0, 0.5},
	} {
		if got := test.tolerance.difference(test.got, test.want, test.terms); got != test.difference {
			t.Errorf("%s: %v, want %v", test.name, got, test.difference)
		}
	}
}

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		library, version string
		ok               bool
	}{
		{"scikit-learn", "1.1.3", true},
		{"scikit-learn", "1.5.0", true},
		{"scikit-learn", "1.9.1", true},
		{"scikit-learn", "1.9.1.post1", true},
		{"scikit-learn", "1.1.2", false},
		{"scikit-learn", "1.9.2", false},
		{"scikit-learn", "1.10.0", false},
		{"scikit-learn", "1.8.dev0", false},
		{"scikit-learn", "1.8.0rc1", false},
		{"scikit-learn", "", false},
		{"scikit-learn", "99999999999999999999.1", false},
		{"xgboost", "2.0.3", true},
		{"lightgbm", "", true}, // its files do not say
		{"lightgbm", "2.0.0", false},
		{"catboost", "1.2", true},
		{"catboost", "", true}, // nor do some of these
		{"catboost", "1.1.1", false},
		{"onnx", "1.0", false},
	} {
		if err := checkVersion(test.library, test.version); (err == nil) != test.ok {
			t.Errorf("%s %q: %v, want ok %v", test.library, test.version, err, test.ok)
		}
	}
}

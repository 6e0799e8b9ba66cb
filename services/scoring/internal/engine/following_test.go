package engine

import (
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// TestFollowing holds unknown categories to what XGBoost 3.2 makes of them:
// the next one in order, and an error after the last.
func TestFollowing(t *testing.T) {
	text := func(s string) model.Scalar { return model.Scalar{Kind: model.String, String: s} }
	number := func(x float64) model.Scalar { return model.Scalar{Kind: model.Number, Number: x} }
	texts := newFollowing(model.Ordinal{Next: true, Categories: []model.Scalar{text("d"), text("b"), text("f"), {Kind: model.String, Missing: true}}})
	numbers := newFollowing(model.Ordinal{Next: true, Categories: []model.Scalar{number(7), number(5), number(9)}})
	for _, c := range []struct {
		value string
		want  int32
	}{{"", 1}, {"a", 1}, {"b", 1}, {"bb", 0}, {"c", 0}, {"e", 2}, {"g", -1}, {"\u00fc", 1}, {"Zz", 1}} {
		if got := texts.find([]string{c.value}, 0, -1); got != c.want {
			t.Errorf("%q: got %d, want %d", c.value, got, c.want)
		}
	}
	for _, c := range []struct {
		value float64
		want  int32
	}{{4, 1}, {5, 1}, {6, 0}, {8, 2}, {10, -1}, {5.5, -1}} {
		if got := numbers.find(nil, 0, c.value); got != c.want {
			t.Errorf("%v: got %d, want %d", c.value, got, c.want)
		}
	}
	if newFollowing(model.Ordinal{}) != nil {
		t.Error("a step that does not ask for the next category has one")
	}
}

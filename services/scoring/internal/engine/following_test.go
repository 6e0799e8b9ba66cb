package engine

import (
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// TestFollowing holds unknown categories to what XGBoost 3.2 makes of them:
// the next one in order, and an error after the last.
func TestFollowing(t *testing.T) {
	step := model.Ordinal{Next: true}
	for _, s := range []string{"d", "b", "f"} {
		step.Categories = append(step.Categories, model.Scalar{Kind: model.String, String: s})
	}
	step.Categories = append(step.Categories, model.Scalar{Kind: model.String, Missing: true})
	next := newFollowing(step)
	for _, c := range []struct {
		text string
		want int32
	}{{"", 1}, {"a", 1}, {"b", 1}, {"bb", 0}, {"c", 0}, {"e", 2}, {"g", -1}, {"\u00fc", 1}, {"Zz", 1}} {
		if got := next.find(c.text); got != c.want {
			t.Errorf("%q: got %d, want %d", c.text, got, c.want)
		}
	}
	if newFollowing(model.Ordinal{}) != nil {
		t.Error("a step that does not ask for the next category has one")
	}
}

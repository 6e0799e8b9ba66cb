package cache

import (
	"maps"
	"strings"
	"testing"
)

func TestParseLimits(t *testing.T) {
	got, err := ParseLimits(" housing=64MiB, churn=1GiB,x=1048576,y=2048KiB ")
	want := map[string]int64{"housing": 64 << 20, "churn": 1 << 30, "x": 1 << 20, "y": 2 << 20}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if got, err := ParseLimits(" "); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	for text, problem := range map[string]string{
		"housing": "expected MODEL=SIZE", "=1MiB": "expected MODEL=SIZE", "a=1MiB,": "expected MODEL=SIZE", "a=1MiB,a=2MiB": `"a" is there twice`,
		"a=": "expected 1MiB to 64GiB", "a=64MB": "expected 1MiB", "a=1KiB": "expected 1MiB", "a=65GiB": "expected 1MiB", "a=-1MiB": "expected 1MiB",
		"a=99999999999999GiB": "expected 1MiB", "a=1.5GiB": "expected 1MiB", "a=1023KiB": "expected 1MiB",
	} {
		if _, err := ParseLimits(text); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v, want %q", text, err, problem)
		}
	}
}

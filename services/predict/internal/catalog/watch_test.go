package catalog

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFollow(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, d := range []string{a, b} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w := newWatcher(slog.New(slog.DiscardHandler))
	defer w.close()
	if w.fs == nil {
		t.Skip("this system cannot watch")
	}
	steps := []struct {
		directories []string
		added       bool
	}{
		{[]string{a, a}, true},
		{[]string{a, a}, false}, // a scan for each answer of true must come to an end
		{[]string{a, b}, true},
		{[]string{b}, false},
		{[]string{b, filepath.Join(dir, "nowhere")}, false},
	}
	for i, step := range steps {
		if got := w.follow(step.directories); got != step.added {
			t.Errorf("step %d: added = %v, want %v", i, got, step.added)
		}
	}
	if got := w.fs.WatchList(); !slices.Equal(got, []string{b}) {
		t.Errorf("watched %v, want only b", got)
	}
	if !w.warned {
		t.Error("a directory that cannot be watched was not told")
	}
	if (&watcher{}).follow([]string{a}) {
		t.Error("a watcher that cannot watch added a directory")
	}
}

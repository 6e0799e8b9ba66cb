package catalog

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// The example's own models, read by the real reader, sound and damaged.
func TestRealModels(t *testing.T) {
	const hostile = "cos\nsystem\n(S'touch owned'\ntR."
	flip := func(data []byte) []byte {
		data[len(data)/2] ^= 1
		return data
	}
	tests := []struct {
		name     string
		artifact func([]byte) []byte
		golden   func([]byte) []byte
		manifest func([]byte) []byte
		reason   string // empty: it is served
	}{
		{name: "sound"},
		{name: "a flipped bit", artifact: flip, reason: "but model.yaml says"},
		{name: "a golden of another model", golden: func(data []byte) []byte {
			i := strings.Index(string(data), `"predict": [`)
			return []byte(string(data[:i]) + strings.Replace(string(data[i:]), "[", "[[1.5],", 1))
		}, reason: "golden"},
		{name: "a hostile pickle", artifact: func([]byte) []byte { return []byte(hostile) }, manifest: func([]byte) []byte { return nil }, reason: "system"},
		{name: "truncated", artifact: func(data []byte) []byte { return data[:1000] }, manifest: func([]byte) []byte { return nil }, reason: "pickle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			version := filepath.Join(dir, "housing", "1")
			if err := os.CopyFS(version, os.DirFS("../../models/housing/2")); err != nil {
				t.Fatal(err)
			}
			for file, change := range map[string]func([]byte) []byte{"model.joblib": tt.artifact, "golden.json": tt.golden, "model.yaml": tt.manifest} {
				if change != nil {
					rewrite(t, filepath.Join(version, file), change)
				}
			}
			c := New(Options{Repository: store.Directory(dir), Reader: ScoringReader(1<<30, false), Rescan: time.Hour,
				Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
			c.scan()
			status := c.Models()[0].Versions[0]
			if tt.reason != "" {
				if status.State != model.Failed || status.Served || !strings.Contains(status.Reason, tt.reason) {
					t.Errorf("%v, served %v: %s; want FAILED with %q", status.State, status.Served, status.Reason, tt.reason)
				}
				return
			}
			v, err := c.Lookup(t.Context(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if o := v.Origin; !o.Certified || o.CertifiedRows < 100 || o.Library != "scikit-learn" || o.Metrics["rmse"] == 0 {
				t.Errorf("origin: %+v", o)
			}
			if s := v.Model.Signature(); len(s.Features) != 9 || s.Task != scoring.Regression {
				t.Errorf("signature: %+v", s)
			}
		})
	}
}

// rewrite changes a file; to nothing removes it.
func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if data = change(data); data == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

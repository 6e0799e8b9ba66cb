package store

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestSingle(t *testing.T) {
	dir := repository(t,
		"churn.pkl.gz", "file", "version/model.yaml", header+"artifact: a.pkl", "version/a.pkl", "folder", "version/b.pkl", "x",
		"version/golden.json", "G", "empty/notes.md", "x", "models/churn/1/model.pkl", "x", "..data/m.pkl", "mounted", "m.pkl", "-> ..data/m.pkl")
	tests := []struct {
		path     string
		artifact string
		golden   string
		err      string
	}{
		{"churn.pkl.gz", "file", "", ""},
		{"version", "folder", "G", ""},
		{"m.pkl", "mounted", "", ""}, // as a ConfigMap has them
		{"empty", "", "", "empty holds no model file"},
		{"models", "", "", "models holds no model file"}, // a repository is none
		{"nowhere", "", "", "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			path := filepath.Join(dir, tt.path)
			if got := IsModel(path); got != (tt.err == "") {
				t.Errorf("IsModel = %v", got)
			}
			single := Single{Name: "it", Path: path}
			listing, err := single.Scan(t.Context(), nil)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("Scan = %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || len(listing.Versions) != 1 || listing.Versions[0].Name != "it" || listing.Versions[0].Number != 1 {
				t.Fatalf("Scan = %+v, %v; want it/1", listing, err)
			}
			files, err := single.Open(t.Context(), listing.Versions[0], 100)
			if err != nil {
				t.Fatal(err)
			}
			defer files.Close()
			got, err := io.ReadAll(files.Artifact)
			if err != nil || string(got) != tt.artifact || string(files.Golden) != tt.golden {
				t.Errorf("artifact %q, goldens %q, %v; want %q, %q", got, files.Golden, err, tt.artifact, tt.golden)
			}
			if _, err := single.Open(t.Context(), listing.Versions[0], 3); err == nil || !strings.Contains(err.Error(), "at most 3 are accepted") {
				t.Errorf("Open with too little room = %v", err)
			}
		})
	}
}

// A single model that changes is noticed like any other.
func TestSingleFingerprint(t *testing.T) {
	dir := repository(t, "model.pkl", "one")
	for _, path := range []string{dir, filepath.Join(dir, "model.pkl")} {
		fingerprint := func() string {
			listing, err := Single{Name: "m", Path: path}.Scan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return listing.Versions[0].Fingerprint
		}
		before := fingerprint()
		if fingerprint() != before {
			t.Errorf("%s: the fingerprint of an untouched file changed", path)
		}
		write(t, filepath.Join(dir, "model.pkl"), before)
		if fingerprint() == before {
			t.Errorf("%s: the fingerprint did not change with the file", path)
		}
	}
}

func TestModelName(t *testing.T) {
	dir := repository(t, "v1.2/model.pkl", "x")
	for path, want := range map[string]string{
		"Churn.joblib": "Churn", "a/b/model.pkl.gz": "model", "housing.json": "housing", filepath.Join(dir, "v1.2"): "v1.2", "/": "/",
	} {
		if got := ModelName(path); got != want {
			t.Errorf("ModelName(%q) = %q, want %q", path, got, want)
		}
	}
}

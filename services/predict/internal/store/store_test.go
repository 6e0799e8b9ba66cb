package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository writes files, given as path and content, and returns their
// directory. A content of "-> target" makes a symbolic link.
func repository(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if target, link := strings.CutPrefix(content, "-> "); link && err == nil {
		err = os.Symlink(target, path)
	} else if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestScan(t *testing.T) {
	outside := repository(t, "1/model.joblib", "x")
	tests := []struct {
		name     string
		files    []string
		versions string
		problems []string
	}{
		{"nothing", nil, "", nil},
		{"versions, in the order of numbers", []string{
			"housing/10/model.joblib", "x", "housing/9/model.skops", "x", "churn/1/model.ubj", "x",
		}, "churn/1 housing/9 housing/10", nil},
		{"files of others are left alone", []string{
			"README.md", "x", "housing/train.py", "x", "housing/requirements.txt", "x", "housing/1/model.joblib", "x",
			"housing/.2-part/model.joblib", "x", ".git/1/model.joblib", "x", "docs/index.md", "x",
		}, "housing/1", nil},
		{"a model without versions is version 1", []string{
			"iris/model.joblib", "x", "iris/data/notes.txt", "x",
		}, "iris/1", nil},
		{"odd names are told", []string{
			"my model/1/model.joblib", "x", "housing/v1/model.joblib", "x", "housing/01/model.joblib", "x", "housing/0/a", "x", "housing/2/model.pkl", "x",
		}, "housing/2", []string{`"my model" cannot be a model's name`, "housing/0 is no version", "housing/01 is no version", "housing/v1 is no version"}},
		{"a number beyond int64", []string{"housing/99999999999999999999/model.pkl", "x"}, "", []string{"is no version"}},
		{"links within the repository are followed", []string{
			"housing/1/model.joblib", "x", "housing/2", "-> 1", "canary", "-> housing",
		}, "canary/1 canary/2 housing/1 housing/2", nil},
		{"links out of the repository are refused", []string{
			"housing/1/model.joblib", "x", "housing/2", "-> " + outside + "/1", "other", "-> " + outside, "gone", "-> nowhere",
		}, "housing/1", []string{"gone: no such file", "housing/2: path escapes", "other: path escapes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			listing, err := Directory(repository(t, tt.files...)).Scan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range listing.Versions {
				got = append(got, fmt.Sprintf("%s/%d", v.Name, v.Number))
			}
			if strings.Join(got, " ") != tt.versions {
				t.Errorf("versions = %v, want %s", got, tt.versions)
			}
			slices.Sort(listing.Problems)
			if len(listing.Problems) != len(tt.problems) {
				t.Fatalf("problems = %q, want %q", listing.Problems, tt.problems)
			}
			for i, want := range tt.problems {
				if !strings.Contains(listing.Problems[i], want) {
					t.Errorf("problem %q, want %q", listing.Problems[i], want)
				}
			}
		})
	}
}

func TestScanWithoutRepository(t *testing.T) {
	if _, err := Directory(filepath.Join(t.TempDir(), "nowhere")).Scan(t.Context(), nil); err == nil {
		t.Error("a repository that does not exist was scanned")
	}
}

func find(t *testing.T, dir string) Found {
	t.Helper()
	listing, err := Directory(dir).Scan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(listing.Versions) != 1 {
		t.Fatalf("found %+v (%v), want one version", listing.Versions, listing.Problems)
	}
	return listing.Versions[0]
}

func TestFingerprint(t *testing.T) {
	dir := repository(t, "m/1/model.joblib", "bytes", "m/1/golden.json", "{}")
	before := find(t, dir).Fingerprint
	if again := find(t, dir).Fingerprint; again != before {
		t.Errorf("the fingerprint of untouched files changed from %q to %q", before, again)
	}
	write(t, filepath.Join(dir, "m/1/golden.json"), "[1]")
	if after := find(t, dir).Fingerprint; after == before {
		t.Error("the fingerprint did not change with a file")
	}
}

const header = "apiVersion: treehouse.dev/v1\n"

func TestOpen(t *testing.T) {
	tests := []struct {
		name     string
		files    []string
		artifact string // content
		golden   string
		err      string
	}{
		{"the only model file", []string{"churn.pkl", "A", "notes.md", "x", "requirements.txt", "x", "golden.json", "G"}, "A", "G", ""},
		{"compressed", []string{"model.joblib.xz", "A"}, "A", "", ""},
		{"a file called model leaves no doubt", []string{"model.json", "A", "columns.json", "x"}, "A", "", ""},
		{"model.yaml names it", []string{"a.pkl", "A", "b.pkl", "B", "model.yaml", header + "artifact: b.pkl"}, "B", "", ""},
		{"model.yaml names the goldens", []string{"a.pkl", "A", "g.json", "G", "model.yaml", header + "artifact: a.pkl\ngolden: g.json"}, "A", "G", ""},
		{"a link within the repository", []string{"model.pkl", "-> ../../shared.pkl", "../../shared.pkl", "A"}, "A", "", ""},
		{"no model", []string{"notes.md", "x"}, "", "", "no model file; expected one that ends in .joblib"},
		{"two models", []string{"a.pkl", "A", "b.pkl", "B"}, "", "", "several files could be the model: a.pkl, b.pkl"},
		{"the named one is missing", []string{"a.pkl", "A", "model.yaml", header + "artifact: b.pkl"}, "", "", "b.pkl: no such file"},
		{"the named goldens are missing", []string{"a.pkl", "A", "model.yaml", header + "golden: g.json"}, "", "", "g.json: no such file"},
		{"a link out of the repository", []string{"model.pkl", "-> /etc/passwd"}, "", "", "model.pkl: path escapes"},
		{"a way out in model.yaml", []string{"model.pkl", "A", "model.yaml", header + "artifact: ../../x.pkl"}, "", "", `artifact is "../../x.pkl"; expected the name of a file`},
		{"a directory", []string{"model.pkl/x", "A", "model.yaml", header + "artifact: model.pkl"}, "", "", "model.pkl: not a regular file"},
		{"too large", []string{"model.pkl", strings.Repeat("A", 101)}, "", "", "model.pkl: 101 bytes; at most 100 are accepted"},
		{"model.yaml is damaged", []string{"model.pkl", "A", "model.yaml", "artifact: ["}, "", "", "model.yaml: yaml:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := 0; i < len(tt.files); i += 2 {
				tt.files[i] = "m/1/" + tt.files[i]
			}
			dir := repository(t, tt.files...)
			files, err := Directory(dir).Open(t.Context(), find(t, dir), 100)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("Open = %v, want an error with %q", err, tt.err)
				}
				if strings.Contains(err.Error(), dir) {
					t.Errorf("the error tells the server's directories: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer files.Close()
			got, err := io.ReadAll(files.Artifact)
			if err != nil || string(got) != tt.artifact || string(files.Golden) != tt.golden {
				t.Errorf("artifact %q, goldens %q, %v; want %q, %q", got, files.Golden, err, tt.artifact, tt.golden)
			}
		})
	}
}

func TestDigests(t *testing.T) {
	digests := func(dir string) Digests {
		files, err := Directory(dir).Open(t.Context(), find(t, dir), 100)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		if _, err := io.ReadFull(files.Artifact, make([]byte, 2)); err != nil { // a reader that stops early
			t.Fatal(err)
		}
		d, err := files.Digests()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	dir := repository(t, "m/1/model.pkl", "artifact", "m/1/golden.json", "G")
	first := digests(dir)
	if sum := sha256.Sum256([]byte("artifact")); first.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("SHA256 = %s, not that of the whole file", first.SHA256)
	}
	if digests(dir) != first {
		t.Error("the digests of the same bytes differ")
	}
	write(t, filepath.Join(dir, "m/1/golden.json"), "H")
	if second := digests(dir); second == first || second.SHA256 != first.SHA256 {
		t.Errorf("changed goldens: %+v, first %+v; want the same SHA256 and another rest", second, first)
	}
}

func TestParseManifest(t *testing.T) {
	tests := []struct{ name, yaml, err string }{
		{"the least", header, ""},
		{"all of it", header + `kind: Model
name: housing
artifact: model.joblib
sha256: ` + strings.Repeat("a", 64) + `
library: scikit-learn
version: 1.9.1
class: sklearn.pipeline.Pipeline
versions: {scikit-learn: 1.9.1, numpy: "2"}
task: classification
features: [{name: a, type: string, categories: [x, y], optional: true}]
outputs: [{name: predict, width: 1}]
classes: [0, 1.5, yes, "no"]
metrics: {rmse: 1.5, rows: 3, measuredOn: a test}
golden: golden.json
`, ""},
		{"empty", "", "model.yaml: the file is empty"},
		{"an unknown key", header + "artefact: x", "field artefact not found"},
		{"another version", "apiVersion: treehouse.dev/v2", `apiVersion is "treehouse.dev/v2"; expected "treehouse.dev/v1"`},
		{"another kind", header + "kind: Pod", `kind is "Pod"`},
		{"a short digest", header + "sha256: abc", `sha256 is "abc"; expected 64`},
		{"two documents", header + "---\nkind: Model", "expected one document"},
		{"a list", "[1]", "cannot unmarshal"},
	}
	for _, tt := range tests {
		m, err := ParseManifest([]byte(tt.yaml))
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
		}
		if tt.name == "all of it" {
			if got := m.Measured(); len(got) != 2 || got["rmse"] != 1.5 || got["rows"] != 3 {
				t.Errorf("Measured = %v", got)
			}
		}
	}
}

// What treehouse.save wrote for the example must be readable.
func TestHousing(t *testing.T) {
	dir := "../../models"
	listing, err := Directory(dir).Scan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(listing.Versions) < 3 || len(listing.Problems) > 0 {
		t.Fatalf("found %d versions, problems %v", len(listing.Versions), listing.Problems)
	}
	for _, v := range listing.Versions {
		files, err := Directory(dir).Open(t.Context(), v, 1<<30)
		if err != nil {
			t.Errorf("%s %d: %v", v.Name, v.Number, err)
			continue
		}
		defer files.Close()
		if d, err := files.Digests(); err != nil || d.SHA256 != files.Manifest.SHA256 {
			t.Errorf("%s %d: digest %s, %v; model.yaml says %s", v.Name, v.Number, d.SHA256, err, files.Manifest.SHA256)
		}
		if files.Golden == nil || files.Manifest.Measured()["rmse"] == 0 {
			t.Errorf("%s %d: no goldens or no measured rmse", v.Name, v.Number)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(header))
	f.Add([]byte(header + "features: [{name: a}]\nclasses: [1, &a [*a]]"))
	f.Add([]byte(referenceHeader + "  features: [{name: a, missing: 0, min: 1, max: 2, edges: [1], shares: [0.5, 0.5]}]\n  prediction: {classes: [a], shares: [1]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest(data)
		if err == nil && m.APIVersion != apiVersion {
			t.Errorf("accepted apiVersion %q", m.APIVersion)
		}
	})
}

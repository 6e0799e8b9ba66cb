package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

func repository(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, content string) {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(files); i += 2 {
		write(files[i], files[i+1])
	}
	return dir
}

// tree tells every file below dir, as path=content.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockName {
			return err
		}
		content, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out = append(out, rel+"="+string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func sum(s string) string {
	d := sha256.Sum256([]byte(s))
	return hex.EncodeToString(d[:])
}

func manifest(content string) string {
	return "apiVersion: treehouse.dev/v1\nartifact: model.pkl\nsha256: " + sum(content) + "\n"
}

// run copies and tells what was told.
func run(t *testing.T, from Source, to string, pins []store.Pin) (told []string, err error) {
	t.Helper()
	err = Copy(t.Context(), Options{From: from, To: to, Pins: pins, MaxBytes: 100,
		Copied: func(c Copied) {
			told = append(told, fmt.Sprintf("%s/%d %d bytes, there %v", c.Name, c.Number, c.Bytes, c.There))
		},
		Problem: func(p string) { told = append(told, p) },
	})
	return told, err
}

func TestCopy(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	tests := []struct {
		name  string
		from  []string
		there []string
		pins  []store.Pin
		told  []string
		tree  string
		err   string
	}{
		{name: "every version", from: []string{"a/1/model.pkl", "one", "a/2/model.pkl", "two", "b/5/model.json", "five"},
			told: []string{"a/1 3 bytes, there false", "a/2 3 bytes, there false", "b/5 4 bytes, there false"},
			tree: "a/1/model.pkl=one a/2/model.pkl=two b/5/model.json=five"},
		{name: "what a version is made of", from: []string{"a/1/model.pkl", "one", "a/1/golden.json", "G", "a/1/model.yaml", manifest("one"), "a/1/train.py", "x", "a/README.md", "x"},
			told: []string{fmt.Sprintf("a/1 %d bytes, there false", 4+len(manifest("one")))},
			tree: "a/1/golden.json=G a/1/model.pkl=one a/1/model.yaml=" + manifest("one")},
		{name: "a model without versions becomes version 1", from: []string{"iris/model.pkl", "one"},
			told: []string{"iris/1 3 bytes, there false"}, tree: "iris/1/model.pkl=one"},
		{name: "a desired set", from: []string{"a/1/model.pkl", "one", "a/2/model.pkl", "two"},
			pins: []store.Pin{{Name: "a", Version: 2, SHA256: sum("two")}}, told: []string{"a/2 3 bytes, there false"}, tree: "a/2/model.pkl=two"},
		{name: "an empty desired set", from: []string{"a/1/model.pkl", "one"}, pins: []store.Pin{}},
		{name: "what is there stays, and so does what the source has not", from: []string{"a/1/model.pkl", "one"}, there: []string{"a/1/model.pkl", "one", "a/9/model.pkl", "nine"},
			told: []string{"a/1 3 bytes, there true"}, tree: "a/1/model.pkl=one a/9/model.pkl=nine"},
		{name: "what a killed copy left goes", from: []string{"a/1/model.pkl", "one"}, there: []string{"a/" + unfinished + "123/model.pkl", "o"},
			told: []string{"a/1 3 bytes, there false"}, tree: "a/1/model.pkl=one"},
		{name: "what is no version is told", from: []string{"a/1/model.pkl", "one", "a/v2/model.pkl", "two"},
			told: []string{"a/v2 is no version: expected a directory named by a positive integer", "a/1 3 bytes, there false"}, tree: "a/1/model.pkl=one"},

		{name: "nothing to copy", from: []string{"README.md", "x"}, err: "there is no model version to copy"},
		{name: "a desired version is missing, and the others are copied", from: []string{"a/1/model.pkl", "one"},
			pins: []store.Pin{{Name: "a", Version: 7}, {Name: "a", Version: 1}}, told: []string{"a/1 3 bytes, there false"}, tree: "a/1/model.pkl=one",
			err: "a version 7 of the desired set is not in the repository"},
		{name: "damaged", from: []string{"a/1/model.pkl", "0ne", "a/1/model.yaml", manifest("one"), "b/1/model.pkl", "b"},
			told: []string{"b/1 1 bytes, there false"}, tree: "b/1/model.pkl=b", err: "a version 1: the artifact's sha256 is " + sum("0ne") + ", but model.yaml says " + sum("one")},
		{name: "not what is pinned", from: []string{"a/1/model.pkl", "one"}, pins: []store.Pin{{Name: "a", Version: 1, SHA256: zeros}},
			err: "a version 1: the artifact's sha256 is " + sum("one") + ", but the desired set pins " + zeros},
		{name: "another model is there", from: []string{"a/1/model.pkl", "one"}, there: []string{"a/1/model.pkl", "eins"},
			tree: "a/1/model.pkl=eins", err: "a/1 is there already with another model (sha256 " + sum("eins")},
		{name: "other goldens are there", from: []string{"a/1/model.pkl", "one", "a/1/golden.json", "G"}, there: []string{"a/1/model.pkl", "one"},
			tree: "a/1/model.pkl=one", err: "a/1 is there already with another model.yaml or goldens"},
		{name: "half of it is there", from: []string{"a/1/model.pkl", "one"}, there: []string{"a/1/golden.json", "G"},
			tree: "a/1/golden.json=G", err: "a/1 is there already and cannot be read: no model file"},
		{name: "too large", from: []string{"a/1/model.pkl", strings.Repeat("x", 101)}, err: "a version 1: model.pkl: 101 bytes; at most 100 are accepted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := repository(t, tt.there...)
			told, err := run(t, store.Directory(repository(t, tt.from...)), to, tt.pins)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("Copy = %v, want %q", err, tt.err)
			}
			if !slices.Equal(told, tt.told) {
				t.Errorf("told %q, want %q", told, tt.told)
			}
			if got := tree(t, to); got != tt.tree {
				t.Errorf("the directory holds %s, want %s", got, tt.tree)
			}
		})
	}
}

// failing is a source whose artifact ends too early, as when a disk fails.
type failing struct {
	store.Directory
	err error
}

func (f failing) Open(ctx context.Context, found store.Found, maxBytes int64) (*store.Files, error) {
	files, err := f.Directory.Open(ctx, found, maxBytes)
	if err == nil {
		files.Artifact = io.MultiReader(io.LimitReader(files.Artifact, 2), broken{f.err})
	}
	return files, err
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestAFailureLeavesNothing(t *testing.T) {
	from, to := store.Directory(repository(t, "a/1/model.pkl", "one")), filepath.Join(t.TempDir(), "new", "models")
	failure := errors.New("input/output error")
	if _, err := run(t, failing{from, failure}, to, nil); !errors.Is(err, failure) {
		t.Errorf("Copy = %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(to, "a", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Copy(ctx, Options{From: from, To: to, MaxBytes: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted Copy = %v", err)
	}
	if _, err := run(t, from, to, nil); err != nil || tree(t, to) != "a/1/model.pkl=one" {
		t.Errorf("again: %v, %s", err, tree(t, to))
	}
}

func TestTwoCopiesIntoOneDirectory(t *testing.T) {
	from, to := repository(t, "a/1/model.pkl", "one"), t.TempDir()
	unlock, err := prepare(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, store.Directory(from), to, nil); err == nil || !strings.Contains(err.Error(), "another copy into it is running") {
		t.Errorf("Copy = %v", err)
	}
	unlock()
	if _, err := run(t, store.Directory(from), to, nil); err != nil {
		t.Error(err)
	}
}

func TestPlaces(t *testing.T) {
	from := store.Directory(repository(t, "a/1/model.pkl", "one"))
	file := filepath.Join(repository(t, "file", "x"), "file")
	if _, err := run(t, from, file, nil); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("into a file: %v", err)
	}
	if _, err := run(t, store.Directory(file), t.TempDir(), nil); err == nil {
		t.Error("a file was copied as a repository")
	}
	odd := filepath.Join(t.TempDir(), "[odd] *")
	if err := os.MkdirAll(filepath.Join(odd, "a", unfinished+"1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, from, odd, nil); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(odd, "a")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

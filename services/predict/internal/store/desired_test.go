package store

import (
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func TestReadDesired(t *testing.T) {
	sum := strings.Repeat("a1", 32)
	tests := []struct {
		name, file string
		want       []Pin
		err        string
	}{
		{"YAML", "models:\n- {name: housing, version: 2, sha256: " + sum + ", default: true}\n- {name: housing, version: 3}\n",
			[]Pin{{Name: "housing", Version: 2, SHA256: sum, Default: true}, {Name: "housing", Version: 3}}, ""},
		{"JSON", `{"apiVersion": "treehouse.dev/v1", "kind": "DesiredSet", "models": [{"name": "housing", "version": 1}]}`,
			[]Pin{{Name: "housing", Version: 1, Default: true}}, ""},
		{"an object's version", "models: [{name: a, version: 1, objectVersion: 3L4kqtJlcpXrof3.vjVBH40Nr8X8gdRQBpUMLUo}]",
			[]Pin{{Name: "a", Version: 1, Default: true, ObjectVersion: "3L4kqtJlcpXrof3.vjVBH40Nr8X8gdRQBpUMLUo"}}, ""},
		{"no object's version", "models: [{name: a, version: 1, objectVersion: 'a b'}]", nil, `models[0]: objectVersion of a is "a b"; expected an S3 VersionId`},
		{"nothing is to be served", "models: []", []Pin{}, ""},
		{"empty", "", nil, "the file is empty"},
		{"cut off after the key", "models:\n", nil, "it has no models"},
		{"an empty object", "{}", nil, "it has no models"},
		{"two documents", "models: []\n---\nmodels: [{name: a, version: 1}]\n", nil, "expected one document"},
		{"too large", strings.Repeat("#\n", maxDesired/2) + "#", nil, "4194305 bytes; at most 4194304 are accepted"},
		{"an unknown key", "models: [{name: a, version: 1, weight: 2}]", nil, "field weight not found"},
		{"a bad name", "models: [{name: ../a, version: 1}]", nil, `models[0]: name is "../a"`},
		{"no version", "models: [{name: a}]", nil, "models[0]: version of a is 0; expected a positive integer"},
		{"a version that is no number", "models: [{name: a, version: v1}]", nil, "cannot unmarshal"},
		{"a bad digest", "models: [{name: a, version: 1, sha256: ABC}]", nil, `models[0]: sha256 of a is "ABC"`},
		{"twice the same", "models: [{name: a, version: 1}, {name: a, version: 1, default: true}]", nil, "models[1]: a version 1 is listed twice"},
		{"no default among two", "models: [{name: a, version: 1}, {name: a, version: 2}]", nil, "a has 2 versions, of which 0 have default: true"},
		{"two defaults", "models: [{name: a, version: 1, default: true}, {name: a, version: 2, default: true}]", nil, "of which 2 have default: true"},
		{"another version of the format", "apiVersion: v9\nmodels: []", nil, `apiVersion is "v9"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadDesired(filepath.Join(repository(t, "desired", tt.file), "desired"))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	if _, err := ReadDesired(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("a file that does not exist was read")
	}
}

// A pipe that nobody writes to must not stop the server's scan.
func TestPipes(t *testing.T) {
	dir := repository(t, "m/1/model.yaml", "apiVersion: treehouse.dev/v1\nartifact: model.pkl\n")
	for _, name := range []string{"desired", "m/1/model.pkl"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadDesired(filepath.Join(dir, "desired")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("desired set: %v", err)
	}
	if _, err := OpenDirectory(filepath.Join(dir, "m/1"), 1<<20); err == nil || !strings.Contains(err.Error(), "model.pkl: not a regular file") {
		t.Errorf("artifact: %v", err)
	}
}

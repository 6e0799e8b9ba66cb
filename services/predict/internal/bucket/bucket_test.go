package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// memory is a repository at mem://models/team/, of files given as path and
// content.
func memory(t *testing.T, files ...string) *Bucket {
	t.Helper()
	return fixture(t, memblob.OpenBucket(nil), files...)
}

func fixture(t *testing.T, blobs *blob.Bucket, files ...string) *Bucket {
	t.Helper()
	b := &Bucket{location: Location{url: "mem://models", bucket: "mem://models", prefix: "team/"}, patience: 10 * time.Second, blobs: blobs}
	t.Cleanup(func() { _ = b.Close() })
	put(t, b, files...)
	return b
}

func put(t *testing.T, b *Bucket, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		if err := b.blobs.WriteAll(t.Context(), "team/"+files[i], []byte(files[i+1]), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, b *Bucket, files ...string) {
	t.Helper()
	for _, name := range files {
		if err := b.blobs.Delete(t.Context(), "team/"+name); err != nil {
			t.Fatal(err)
		}
	}
}

func scan(t *testing.T, b *Bucket, pins ...store.Pin) *store.Listing {
	t.Helper()
	listing, err := b.Scan(t.Context(), pins)
	if err != nil {
		t.Fatal(err)
	}
	return listing
}

func versions(listing *store.Listing) string {
	var out []string
	for _, v := range listing.Versions {
		out = append(out, fmt.Sprintf("%s/%d", v.Name, v.Number))
	}
	return strings.Join(out, " ")
}

// A store has the rules of a directory: the same files give the same listing,
// by the memory's driver, and by one that has real files.
func TestTheRulesAreThoseOfADirectory(t *testing.T) {
	tests := []struct {
		name     string
		files    []string
		versions string
	}{
		{"nothing", nil, ""},
		{"versions, in the order of numbers", []string{"housing/10/model.joblib", "x", "housing/9/model.joblib", "x", "churn/1/model.ubj", "x"}, "churn/1 housing/9 housing/10"},
		{"files of others are left alone", []string{"README.md", "x", "housing/train.py", "x", "housing/1/model.joblib", "x", ".git/1/model.joblib", "x", "docs/index.md", "x"}, "housing/1"},
		{"a model without versions is version 1", []string{"iris/model.joblib", "x", "iris/data/notes.txt", "x"}, "iris/1"},
		{"odd names are told", []string{"my model/1/model.joblib", "x", "housing/v1/model.joblib", "x", "housing/01/a", "x", "housing/2/model.pkl", "x"}, "housing/2"},
		{"a number beyond int64", []string{"housing/99999999999999999999/model.pkl", "x"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "team")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			files, err := fileblob.OpenBucket(filepath.Dir(dir), &fileblob.Options{Metadata: fileblob.MetadataDontWrite, NoTempDir: true})
			if err != nil {
				t.Fatal(err)
			}
			onDisk := scan(t, fixture(t, files, tt.files...))
			inMemory := scan(t, memory(t, tt.files...))
			want, err := store.Directory(dir).Scan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []*store.Listing{onDisk, inMemory} {
				if versions(got) != tt.versions || versions(got) != versions(want) || !slices.Equal(got.Problems, want.Problems) || got.Directories != nil {
					t.Errorf("listing %s, problems %q, to watch %q; a directory gives %s, %q", versions(got), got.Problems, got.Directories, versions(want), want.Problems)
				}
			}
		})
	}
}

// A bucket with other things in it, however deep, takes no more memory for that.
func TestDeepNames(t *testing.T) {
	tree := newTree()
	for _, name := range []string{"a/1/model.pkl", "a/1/logs/" + strings.Repeat("x/", 500) + "y", "a/1/logs/z"} {
		tree.add(name, &object{})
	}
	if len(tree) != 5 || len(tree.files("a/1")) != 1 { // the root, a, a/1 and what is in it
		t.Errorf("%d names, of which a/1 has the files %v", len(tree), tree.files("a/1"))
	}
}

// Names that no file could have do no harm.
func TestOddNames(t *testing.T) {
	b := memory(t, "a/1/model.pkl", "one")
	for _, key := range []string{"team/", "team//", "team/a//2/model.pkl", "team/a/1/", "team/../a/3/model.pkl", "team/a/1", "team/./x", "team/a/1/model.pkl/deeper", "elsewhere/9/model.pkl"} {
		if err := b.blobs.WriteAll(t.Context(), key, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := versions(scan(t, b)); got != "a/1" {
		t.Errorf("found %s, want a/1", got)
	}
}

func TestFingerprint(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "bytes", "m/1/golden.json", "{}")
	before := scan(t, b).Versions[0].Fingerprint
	put(t, b, "m/1/model.pkl", "bytes")
	if again := scan(t, b).Versions[0].Fingerprint; again != before {
		t.Errorf("the same content again made the fingerprint %q of %q", again, before)
	}
	put(t, b, "m/1/golden.json", "[]")
	if after := scan(t, b).Versions[0].Fingerprint; after == before {
		t.Error("the fingerprint did not change with a file")
	}
}

// With a desired set nothing else is listed, however much there is.
func TestPinsNarrowTheListing(t *testing.T) {
	b := memory(t, "a/1/model.pkl", "x", "a/10/model.pkl", "x", "a/2/model.pkl", "x", "flat/model.pkl", "x",
		"mixed/model.pkl", "x", "mixed/2/model.pkl", "x", "b/7/model.pkl", "x")
	tests := []struct {
		pins []store.Pin
		want string
	}{
		{[]store.Pin{}, ""},
		{[]store.Pin{{Name: "a", Version: 1}}, "a/1"},
		{[]store.Pin{{Name: "a", Version: 2}, {Name: "b", Version: 7}}, "a/2 b/7"},
		{[]store.Pin{{Name: "a", Version: 9}}, ""},
		{[]store.Pin{{Name: "flat", Version: 1}}, "flat/1"},
		{[]store.Pin{{Name: "flat", Version: 2}}, ""},
		{[]store.Pin{{Name: "mixed", Version: 1}}, "mixed/2"}, // which has versions, of which 1 is none
		{[]store.Pin{{Name: "nowhere", Version: 1}}, ""},
	}
	for _, tt := range tests {
		if got := versions(scan(t, b, append([]store.Pin{}, tt.pins...)...)); got != tt.want && len(tt.pins) > 0 {
			t.Errorf("pins %v: found %s, want %s", tt.pins, got, tt.want)
		}
	}
	listing, err := b.Scan(t.Context(), []store.Pin{})
	if err != nil || len(listing.Versions) > 0 {
		t.Errorf("an empty desired set: %+v, %v", listing, err)
	}
}

const header = "apiVersion: treehouse.dev/v1\n"

// read opens the only version and returns its artifact and goldens.
func read(t *testing.T, b *Bucket, pins ...store.Pin) (artifact, golden string, err error) {
	t.Helper()
	listing := scan(t, b, pins...)
	if len(listing.Versions) != 1 {
		t.Fatalf("found %+v (%v), want one version", listing.Versions, listing.Problems)
	}
	files, err := b.Open(t.Context(), listing.Versions[0], 100)
	if err != nil {
		return "", "", err
	}
	defer files.Close()
	data, err := io.ReadAll(files.Artifact)
	return string(data), string(files.Golden), err
}

func TestOpen(t *testing.T) {
	const digestOfA = "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd"
	zeros := strings.Repeat("0", 64)
	tests := []struct {
		name     string
		files    []string
		pin      store.Pin
		artifact string
		golden   string
		err      string
	}{
		{"the only model file", []string{"churn.pkl", "A", "notes.md", "x", "golden.json", "G"}, store.Pin{}, "A", "G", ""},
		{"model.yaml names them", []string{"a.pkl", "A", "b.pkl", "B", "g.json", "G", "model.yaml", header + "artifact: b.pkl\ngolden: g.json"}, store.Pin{}, "B", "G", ""},
		{"the sums are right", []string{"a.pkl", "A", "model.yaml", header + "sha256: " + digestOfA}, store.Pin{Name: "m", Version: 1, SHA256: digestOfA}, "A", "", ""},

		{"MLmodel names it", []string{"model.pkl", "A", "b.xgb", "B", "MLmodel", "flavors: {xgboost: {data: b.xgb}}"}, store.Pin{}, "B", "", ""},
		{"a way out in MLmodel", []string{"a.pkl", "A", "MLmodel", "flavors: {xgboost: {data: ../b.xgb}}"}, store.Pin{}, "", "", "expected the name of a file beside MLmodel"},
		{"MLmodel names none", []string{"a.pkl", "A", "MLmodel", "flavors: {xgboost: {data: b.xgb}}"}, store.Pin{}, "", "", "which is not beside it"},
		{"damaged", []string{"a.pkl", "A", "model.yaml", header + "sha256: " + zeros}, store.Pin{}, "", "",
			"mem://models/team/m/1/a.pkl: the artifact's sha256 is " + digestOfA + ", but model.yaml says " + zeros},
		{"not what is pinned", []string{"a.pkl", "A"}, store.Pin{Name: "m", Version: 1, SHA256: zeros}, "", "", "but the desired set pins " + zeros},
		{"no model", []string{"notes.md", "x"}, store.Pin{}, "", "", "no model file; expected one that ends in .joblib"},
		{"two models", []string{"a.pkl", "A", "b.pkl", "B"}, store.Pin{}, "", "", "several files could be the model: a.pkl, b.pkl"},
		{"the named one is missing", []string{"a.pkl", "A", "model.yaml", header + "artifact: b.pkl"}, store.Pin{}, "", "",
			"mem://models/team/m/1/b.pkl: no such object, which model.yaml names"},
		{"the named goldens are missing", []string{"a.pkl", "A", "model.yaml", header + "golden: g.json"}, store.Pin{}, "", "",
			"mem://models/team/m/1/g.json: no such object, which model.yaml names"},
		{"too large", []string{"a.pkl", strings.Repeat("A", 101)}, store.Pin{}, "", "", "mem://models/team/m/1/a.pkl: 101 bytes; at most 100 are accepted"},
		{"model.yaml is too large", []string{"a.pkl", "A", "model.yaml", strings.Repeat("#", store.MaxManifest+1)}, store.Pin{}, "", "", "model.yaml: 4194305 bytes; at most 4194304"},
		{"model.yaml is damaged", []string{"a.pkl", "A", "model.yaml", "artifact: ["}, store.Pin{}, "", "", "model.yaml: yaml:"},
		{"a way out in model.yaml", []string{"a.pkl", "A", "model.yaml", header + "artifact: ../../x.pkl"}, store.Pin{}, "", "", `artifact is "../../x.pkl"; expected the name of a file`},
		{"an object version where there are none", []string{"a.pkl", "A"}, store.Pin{Name: "m", Version: 1, ObjectVersion: "v"}, "", "",
			"mem://models/team/m/1/a.pkl: the desired set pins an objectVersion, which only s3:// has"},
	}
	for _, tt := range tests {
		for _, cached := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, cached %v", tt.name, cached), func(t *testing.T) {
				for i := 0; i < len(tt.files); i += 2 {
					tt.files[i] = "m/1/" + strings.TrimPrefix(tt.files[i], "m/1/")
				}
				b := memory(t, tt.files...)
				if cached {
					b.cache = cacheOf(t, t.TempDir(), 10<<20)
				}
				var pins []store.Pin
				if tt.pin.Name != "" {
					pins = append(pins, tt.pin)
				}
				artifact, golden, err := read(t, b, pins...)
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Fatalf("Open = %v, want %q", err, tt.err)
					}
					if cached && b.cache.used != 0 {
						t.Errorf("the failure left %d bytes in the cache", b.cache.used)
					}
					return
				}
				if err != nil || artifact != tt.artifact || golden != tt.golden {
					t.Errorf("artifact %q, goldens %q, %v; want %q, %q", artifact, golden, err, tt.artifact, tt.golden)
				}
			})
		}
	}
}

// What changes between the listing and the download is not taken for what was
// listed; another attempt is worth it.
func TestChangesMeanwhile(t *testing.T) {
	for name, change := range map[string]func(b *Bucket){
		"other bytes":    func(b *Bucket) { put(t, b, "m/1/model.pkl", "ONE") },
		"another length": func(b *Bucket) { put(t, b, "m/1/model.pkl", "eleven") },
		"it goes":        func(b *Bucket) { remove(t, b, "m/1/model.pkl") },
		"a newer scan":   func(b *Bucket) { put(t, b, "m/1/model.pkl", "eleven"); scan(t, b) },
	} {
		t.Run(name, func(t *testing.T) {
			b := memory(t, "m/1/model.pkl", "one")
			found := scan(t, b).Versions[0]
			change(b)
			_, err := b.Open(t.Context(), found, 100)
			var unavailable *store.UnavailableError
			if !errors.As(err, &unavailable) {
				t.Errorf("Open = %v, want unavailable", err)
			}
		})
	}
}

func TestInterruptedDownload(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one")
	b.cache = cacheOf(t, t.TempDir(), 100)
	found := scan(t, b).Versions[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Open(ctx, found, 100); err == nil {
		t.Error("a download went on after its end")
	}
	if left, _ := filepath.Glob(filepath.Join(b.cache.dir, unfinished+"*")); len(left) > 0 || b.cache.used != 0 {
		t.Errorf("left behind: %v, %d bytes", left, b.cache.used)
	}
}

func FuzzTree(f *testing.F) {
	f.Add("a/1/model.pkl", "a/1")
	f.Add("a//1/../model.pkl", "/")
	f.Fuzz(func(t *testing.T, one, two string) {
		tr := newTree()
		for _, name := range []string{one, two, one} {
			tr.add(name, &object{key: name})
		}
		listing, err := store.List(tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range listing.Versions {
			if v.Number < 1 || !store.ValidName(v.Name) || tr[v.Dir] == nil || !tr[v.Dir].IsDir() {
				t.Errorf("%q and %q make %+v", one, two, v)
			}
		}
	})
}

package payload

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

func TestDirectory(t *testing.T) {
	d := Directory(t.TempDir())
	for _, data := range []string{"first", "second"} { // again, as after an attempt that seemed to fail
		if err := d.Put(t.Context(), "m/dt=2026-01-01/hour=00/v1-a-000001.parquet", []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"m/.x.parquet.partial", "m/.y.parquet", "README.md"} { // cut off, and others'
		if err := os.WriteFile(filepath.Join(string(d), other), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := d.List(t.Context())
	if err != nil || !slices.Equal(names, []string{"m/dt=2026-01-01/hour=00/v1-a-000001.parquet"}) {
		t.Errorf("files %v, %v", names, err)
	}
	file, err := d.Open(t.Context(), names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if b := make([]byte, file.Size); true {
		if _, err := file.ReadAt(b, 0); err != nil || string(b) != "second" {
			t.Errorf("content %q, %v", b, err)
		}
	}
}

// A file that cannot be written leaves nothing behind.
func TestDirectoryFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m"), nil, 0o600); err != nil { // in the way
		t.Fatal(err)
	}
	if err := Directory(dir).Put(t.Context(), "m/a.parquet", []byte("x")); err == nil {
		t.Error("a directory that cannot be made is no error")
	}
	if err := os.Mkdir(filepath.Join(dir, "b.parquet"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Directory(dir).Put(t.Context(), "b.parquet", []byte("x")); err == nil {
		t.Error("a name that is taken is no error")
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"housing", "churn"} {
		o := options(Directory(dir))
		o.Models = map[string]float64{name: 1}
		l, v := New(o), regressor()
		v.Name = name
		l.Observe(t.Context(), prediction(v, "a", 3))
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func(path, model string) (n int, err error) {
		err = Read(t.Context(), Directory(path), model, func(*payloadfile.Shape, *payloadfile.Row) error { n++; return nil })
		return n, err
	}
	one, err := filepath.Glob(filepath.Join(dir, "churn/*/*/*.parquet"))
	if err != nil || len(one) != 1 {
		t.Fatal(one, err)
	}
	for _, c := range []struct {
		path, model, want string
	}{
		{dir, "housing", ""},
		{filepath.Join(dir, "churn"), "", ""},
		{filepath.Join(dir, "churn"), "churn", ""},
		{one[0], "", ""},
		{dir, "", "the log has rows of churn and of housing; expected one of them to be named"},
		{dir, "houses", "the log has no rows of houses, in 2 files"},
		{t.TempDir(), "", "the log has no rows, in 0 files"},
		{filepath.Join(dir, "nowhere"), "", "no such file"},
	} {
		n, err := count(c.path, c.model)
		if c.want == "" && (err != nil || n != 3) {
			t.Errorf("%s, %q: %d rows, %v; want 3", c.path, c.model, n, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %q: %v, want %s", c.path, c.model, err, c.want)
		}
	}
	if err := os.WriteFile(one[0], []byte("damaged, but long enough"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := count(dir, "churn"); err == nil || !strings.Contains(err.Error(), filepath.Base(one[0])+": it is not a Parquet file") {
		t.Errorf("a damaged file: %v", err)
	}
}

package bucket

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

func cacheOf(t *testing.T, dir string, maxBytes int64) *cache {
	t.Helper()
	c, err := openCache(dir, maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.close() })
	return c
}

// entries tells the cache's entries by model and number.
func entries(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		if e.Name() != cacheLock {
			out = append(out, e.Name()[:strings.LastIndex(e.Name(), "-")])
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// restart closes a repository's cache and opens it like the next process.
func restart(t *testing.T, b *Bucket) {
	t.Helper()
	if err := b.cache.close(); err != nil {
		t.Fatal(err)
	}
	b.cache = cacheOf(t, b.cache.dir, b.cache.max)
}

func TestTheCacheServesTheNextStart(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one", "m/1/golden.json", "G")
	b.cache = cacheOf(t, t.TempDir(), 1000)
	if got, _, err := read(t, b); got != "one" || err != nil {
		t.Fatalf("read %q, %v", got, err)
	}
	found := scan(t, b).Versions[0]
	restart(t, b)
	remove(t, b, "m/1/model.pkl", "m/1/golden.json") // the next read cannot come from the store
	b.versions = map[string]version{found.Dir: {fingerprint: found.Fingerprint}}
	files, err := b.Open(t.Context(), found, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if string(files.Golden) != "G" {
		t.Errorf("goldens %q", files.Golden)
	}
}

// A disk that rots between two starts is found out before a model is read.
func TestADamagedEntryIsReadAgain(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"a flipped bit":     func(dir string) error { return os.WriteFile(filepath.Join(dir, "model.pkl"), []byte("onf"), 0o600) },
		"a file is missing": func(dir string) error { return os.Remove(filepath.Join(dir, "golden.json")) },
		"no sums":           func(dir string) error { return os.Remove(filepath.Join(dir, sumsName)) },
		"sums of nothing":   func(dir string) error { return os.WriteFile(filepath.Join(dir, sumsName), []byte("{}"), 0o600) },
		"cut off sums":      func(dir string) error { return os.Truncate(filepath.Join(dir, sumsName), 10) },
	} {
		t.Run(name, func(t *testing.T) {
			b := memory(t, "m/1/model.pkl", "one", "m/1/golden.json", "G")
			b.cache = cacheOf(t, t.TempDir(), 1000)
			if _, _, err := read(t, b); err != nil {
				t.Fatal(err)
			}
			if err := damage(b.cache.path(b.entry(scan(t, b).Versions[0]))); err != nil {
				t.Fatal(err)
			}
			restart(t, b)
			if artifact, golden, err := read(t, b); artifact != "one" || golden != "G" || err != nil {
				t.Errorf("read %q, %q, %v", artifact, golden, err)
			}
		})
	}
}

// Room is made of what the last listing does not want, the one not used for
// the longest first; what is wanted stays.
func TestEviction(t *testing.T) {
	ten := "0123456789"
	b := memory(t, "m/1/model.pkl", ten, "m/2/model.pkl", ten, "m/3/model.pkl", ten, "m/4/model.pkl", ten)
	b.cache = cacheOf(t, t.TempDir(), 35)
	pin := func(n int64) store.Pin { return store.Pin{Name: "m", Version: n, Default: true} }
	open := func(n int64) {
		t.Helper()
		if _, _, err := read(t, b, pin(n)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // which is used later must have a later time
	}
	open(1)
	open(2)
	open(3)
	open(1) // used again
	open(4)
	if got := entries(t, b.cache.dir); got != "m-1 m-3 m-4" {
		t.Errorf("the cache holds %s, want m-1 m-3 m-4", got)
	}
	b.cache.max = 250 // the sums of files count at the next start
	restart(t, b)
	if b.cache.used < 30 || len(b.cache.entries) != 3 {
		t.Errorf("after a restart: %d bytes, %v", b.cache.used, b.cache.entries)
	}
}

func TestFull(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "0123456789", "m/2/model.pkl", "0123456789")
	b.cache = cacheOf(t, t.TempDir(), 15)
	listing := scan(t, b)
	for i, found := range listing.Versions {
		files, err := b.Open(t.Context(), found, 100)
		if i == 0 && err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			files.Close()
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "the cache is full: 10 bytes more than the 10 of 15 that are wanted do not fit") {
			t.Errorf("Open = %v", err)
		}
	}
	if got := entries(t, b.cache.dir); got != "m-1" || b.cache.used != 10 {
		t.Errorf("the cache holds %s, %d bytes", got, b.cache.used)
	}
	// When the first is no longer wanted, the second fits.
	if _, _, err := read(t, b, store.Pin{Name: "m", Version: 2}); err != nil {
		t.Error(err)
	}
}

func TestOtherBytesAreAnotherEntry(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one")
	b.cache = cacheOf(t, t.TempDir(), 1000)
	for _, content := range []string{"one", "eins", "uno"} {
		put(t, b, "m/1/model.pkl", content)
		if got, _, err := read(t, b); got != content || err != nil {
			t.Errorf("read %q, %v; want %q", got, err, content)
		}
	}
	b.location.prefix, b.location.url = "team/", "mem://prod"
	if found := scan(t, b).Versions[0]; b.cache.has(b.entry(found)) {
		t.Error("an entry of one bucket serves another")
	}
}

func TestOpenCache(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, unfinished+"123"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := cacheOf(t, dir, 100)
	if got := entries(t, dir); got != "" {
		t.Errorf("a killed download left %s", got)
	}
	if _, err := openCache(dir, 100); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("a second process: %v", err)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	cacheOf(t, dir, 100)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Location{}, file, 100); err == nil || !strings.Contains(err.Error(), "cache "+file+": ") {
		t.Errorf("a file as cache: %v", err)
	}
}

// The directory may be that of a disk of its own, with its lost+found, or one
// that the operator has other things in: they stay, whatever room is needed.
func TestWhatIsNoEntryStays(t *testing.T) {
	dir := t.TempDir()
	foreign := []string{"lost+found", "photos-2026", "m-1-0123456789abcdef"}
	for _, name := range foreign {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "file"), make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := memory(t, "m/1/model.pkl", "0123456789", "m/2/model.pkl", "0123456789")
	b.cache = cacheOf(t, dir, 15)
	for _, n := range []int64{1, 2} { // the second needs the room of the first
		if _, _, err := read(t, b, store.Pin{Name: "m", Version: n}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range foreign {
		if _, err := os.Stat(filepath.Join(dir, name, "file")); err != nil {
			t.Error(err)
		}
	}
}

// An entry that was damaged beyond what a listing shows is no reason not to
// start, and neither is what stayed of its removal.
func TestADamagedEntryDoesNotHinderTheStart(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one")
	b.cache = cacheOf(t, t.TempDir(), 1000)
	if _, _, err := read(t, b); err != nil {
		t.Fatal(err)
	}
	name := b.entry(scan(t, b).Versions[0])
	if err := os.Remove(filepath.Join(b.cache.path(name), sumsName)); err != nil {
		t.Fatal(err)
	}
	restart(t, b)
	if err := os.MkdirAll(filepath.Join(b.cache.path(unfinished+name), "stayed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, _, err := read(t, b); got != "one" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// Others may clean up where the cache is, and while it is in use.
func TestAnEntryThatWentIsReadAgain(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one")
	b.cache = cacheOf(t, t.TempDir(), 1000)
	if _, _, err := read(t, b); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(b.cache.path(b.entry(scan(t, b).Versions[0]))); err != nil {
		t.Fatal(err)
	}
	var unavailable *store.UnavailableError
	if _, _, err := read(t, b); !errors.As(err, &unavailable) {
		t.Errorf("read: %v; want that it can be had later", err)
	}
	if got, _, err := read(t, b); got != "one" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// A disk that is full, or a directory that became read-only, is told, and
// another attempt is worth it.
func TestACacheThatCannotBeWritten(t *testing.T) {
	b := memory(t, "m/1/model.pkl", "one")
	b.cache = cacheOf(t, filepath.Join(t.TempDir(), "cache"), 1000)
	found := scan(t, b).Versions[0]
	if err := os.RemoveAll(b.cache.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(t.Context(), found, 100); err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("Open = %v", err)
	}
}

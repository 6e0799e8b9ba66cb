package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pinned starts a catalog with a desired set.
func pinned(t *testing.T, o Options, desired string, files ...string) (f *fixture, set func(string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desired.yaml")
	set = func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set(desired)
	o.Desired = path
	return start(t, o, files...), set
}

func TestDesiredSet(t *testing.T) {
	t.Parallel()
	f, set := pinned(t, Options{}, "models: [{name: m, version: 1}]",
		"m/1/model.pkl", "one", "m/2/model.pkl", "two", "other/1/model.pkl", "x")
	f.ready()
	f.becomes("*m/1 READY")
	f.answers("m", 0, "one")
	f.refuses("m", 2, `model "m" has no version 2`) // outside the set
	f.refuses("other", 0, "not found")

	set("models: [{name: m, version: 1, default: true}, {name: m, version: 2}]")
	f.becomes("*m/1 READY, m/2 READY") // the newest is not the default unless it says so
	set("models: [{name: m, version: 1}, {name: m, version: 2, default: true}]")
	f.becomes("m/1 READY, *m/2 READY")
	set("models: nonsense")
	f.eventually(f.Ready)
	f.answers("m", 0, "two")
	set("models: [{name: other, version: 1}]")
	f.becomes("*other/1 READY")
}

// A new default takes over when it is loaded, and not before: what it replaces
// answers until then, however long that is.
func TestANewDefaultTakesOverWhenLoaded(t *testing.T) {
	t.Parallel()
	f, set := pinned(t, Options{}, "models: [{name: m, version: 1}]",
		"m/1/model.pkl", "one", "m/2/model.pkl", "slow", "m/3/model.pkl", "broken")
	f.ready()
	set("models: [{name: m, version: 3}]")
	f.becomes("*m/1 READY, m/3 FAILED")
	f.answers("m", 0, "one")
	set("models: [{name: m, version: 2}]")
	f.becomes("*m/1 READY, m/2 LOADING")
	f.answers("m", 0, "one")
	f.answers("m", 1, "one")
	close(f.reader.release)
	f.becomes("*m/2 READY")
	f.answers("m", 0, "slow")
	set("models: []")
	f.becomes("")
}

func TestDesiredButNotHere(t *testing.T) {
	t.Parallel()
	f, _ := pinned(t, Options{}, "models: [{name: m, version: 1}, {name: n, version: 4}]", "m/1/model.pkl", "one")
	f.becomes("*m/1 READY, *n/4 FAILED")
	f.reason("n", 4, "it is not in the repository")
	// It is to be served, so that the caller may find it elsewhere.
	f.refuses("n", 0, `model "n" version 4 is not served here: FAILED`)
	if err := f.Ready(); err == nil || err.Error() != "n version 4 of the desired set is not loaded" {
		t.Errorf("Ready = %v", err)
	}
	f.write("n/4/model.pkl", "four")
	f.ready()
	f.answers("n", 0, "four")
	f.remove("n/4")
	f.scan()
	f.answers("n", 0, "four") // desired, and still good
}

func TestDesiredDigest(t *testing.T) {
	t.Parallel()
	const one = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
	other := strings.Repeat("0", 64)
	f, set := pinned(t, Options{}, "models: [{name: m, version: 1, sha256: "+other+"}]", "m/1/model.pkl", "one")
	f.becomes("*m/1 FAILED")
	f.reason("m", 1, "the artifact's sha256 is "+one+", but the desired set pins "+other)
	set("models: [{name: m, version: 1, sha256: " + one + "}]")
	f.becomes("*m/1 READY")
	set("models: [{name: m, version: 1, sha256: " + other + "}]")
	f.becomes("*m/1 FAILED!")
}

func TestDesiredSetThatCannotBeRead(t *testing.T) {
	told := make(chan error, 10)
	f, set := pinned(t, Options{Notify: func(err error) { told <- err }}, "models: nonsense", "m/1/model.pkl", "one")
	if err := <-told; err == nil || err.Error() != "the desired set cannot be read" {
		t.Errorf("told %v", err)
	}
	f.refuses("m", 0, "the server is starting")
	set("models: [{name: m, version: 1}]")
	f.ready()
	f.answers("m", 0, "one")
}

package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// The models of these tests are files of a word or two, which the test's
// reader understands: "broken" cannot be read, "panic" makes the reader panic,
// "slow" waits until the test lets it go on, "plain" is served by plain code. A
// golden.json must repeat the artifact. Everything else, the directories and
// how they change, is real.
type reader struct {
	reads   atomic.Int32
	release chan struct{}
}

func (r *reader) read(artifact io.Reader, files *store.Files) (*Read, error) {
	golden := files.Golden
	r.reads.Add(1)
	content, err := io.ReadAll(artifact)
	switch {
	case err != nil:
		return nil, err
	case string(content) == "broken":
		return nil, &scoring.FormatError{Format: "pickle", Offset: 3, What: "unknown opcode"}
	case string(content) == "panic":
		panic("reader")
	case strings.HasPrefix(string(content), "slow"):
		<-r.release
	}
	if golden != nil && string(golden) != string(content) {
		return nil, &scoring.MismatchError{Row: 3, Output: "predict", Got: "1", Want: "2"}
	}
	read := &Read{Model: fake(content), Origin: model.Origin{Library: "test", Certified: golden != nil}}
	if string(content) == "plain" {
		read.Origin.Fallback = "golden row 3 was wrong"
	}
	return read, nil
}

type fake string

func (fake) Signature() *scoring.Signature {
	return &scoring.Signature{Features: []scoring.Feature{{Name: "x"}}}
}
func (fake) Predict(context.Context, *scoring.Batch, scoring.Method, *scoring.Result) error {
	return nil
}

type fixture struct {
	*Catalog
	t      *testing.T
	dir    string
	reader reader
	stop   func()
}

// start runs a catalog over a repository of these files (path, content, …).
func start(t *testing.T, o Options, files ...string) *fixture {
	t.Helper()
	f := prepare(t, o, files...)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	f.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(f.stop)
	return f
}

// prepare makes a catalog that does not run.
func prepare(t *testing.T, o Options, files ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir(), reader: reader{release: make(chan struct{})}}
	f.write(files...)
	o.Repository = store.Directory(f.dir)
	o.Reader = f.reader.read
	o.Log = slog.New(slog.DiscardHandler)
	o.Registerer = prometheus.NewRegistry()
	f.Catalog = New(o)
	return f
}

func (f *fixture) write(files ...string) {
	f.t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(f.dir, files[i])
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(files[i+1]), 0o600)); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) remove(path string) {
	f.t.Helper()
	if err := os.RemoveAll(filepath.Join(f.dir, path)); err != nil {
		f.t.Fatal(err)
	}
}

// String tells the whole catalog: each version with its state, a * at the
// default, a ! at what is served though it failed.
func (f *fixture) String() string {
	var out []string
	for _, m := range f.Models() {
		for _, v := range m.Versions {
			s := fmt.Sprintf("%s/%d %v", m.Name, v.Number, v.State)
			if v.Number == m.Default {
				s = "*" + s
			}
			if v.Served && v.State != model.Ready {
				s += "!"
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// becomes waits until the catalog is as told.
func (f *fixture) becomes(want string) {
	f.t.Helper()
	f.eventually(func() error {
		if got := f.String(); got != want {
			return fmt.Errorf("catalog: %s; want %s", got, want)
		}
		return nil
	})
}

func (f *fixture) eventually(check func() error) {
	f.t.Helper()
	var err error
	for range 3000 { // half a minute, for a machine that is busy
		if err = check(); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.t.Fatal(err)
}

func (f *fixture) ready() {
	f.t.Helper()
	f.eventually(f.Ready)
}

// answers checks which model answers, by its content.
func (f *fixture) answers(name string, number int64, want string) {
	f.t.Helper()
	v, err := f.Lookup(f.t.Context(), name, number)
	if err != nil {
		f.t.Fatalf("Lookup(%q, %d): %v", name, number, err)
	}
	if got := string(v.Model.(fake)); got != want {
		f.t.Errorf("Lookup(%q, %d) is %q, want %q", name, number, got, want)
	}
}

func (f *fixture) refuses(name string, number int64, want string) {
	f.t.Helper()
	if v, err := f.Lookup(f.t.Context(), name, number); err == nil || !strings.Contains(err.Error(), want) {
		f.t.Errorf("Lookup(%q, %d) = %v, %v; want an error with %q", name, number, v, err, want)
	}
}

func (f *fixture) reason(name string, number int64, want string) {
	f.t.Helper()
	for _, m := range f.Models() {
		for _, v := range m.Versions {
			if m.Name == name && v.Number == number {
				if !strings.Contains(v.Reason, want) {
					f.t.Errorf("%s/%d: reason %q, want %q", name, number, v.Reason, want)
				}
				return
			}
		}
	}
	f.t.Errorf("%s/%d is not listed", name, number)
}

func TestServesEverythingFound(t *testing.T) {
	f := start(t, Options{}, "housing/1/model.pkl", "one", "housing/2/model.pkl", "two", "churn/7/model.pkl", "seven",
		"housing/train.py", "import sklearn")
	f.ready()
	f.becomes("*churn/7 READY, housing/1 READY, *housing/2 READY")
	f.answers("housing", 0, "two")
	f.answers("housing", 1, "one")
	f.answers("churn", 0, "seven")
	f.refuses("housing", 3, `model "housing" has no version 3`)
	f.refuses("houses", 0, `model "houses" not found; there are: churn, housing`)
	f.refuses("", 0, "the server has no default model")
	if got := testutil.ToFloat64(f.metrics.loads.WithLabelValues("housing", "2", "ok")); got != 1 {
		t.Errorf("counted %v loads of housing 2, want 1", got)
	}
	err := testutil.CollectAndCompare(f.metrics, strings.NewReader(`
# HELP treehouse_models_loaded Model versions that are served.
# TYPE treehouse_models_loaded gauge
treehouse_models_loaded 3
`), "treehouse_models_loaded")
	if err != nil {
		t.Error(err)
	}
}

func TestTheOnlyModelIsTheDefault(t *testing.T) {
	f := start(t, Options{}, "housing/model.pkl", "bare")
	f.ready()
	f.answers("", 0, "bare")
	f.answers("", 1, "bare")
}

// A broken model beside the only good one must not take the default away.
func TestABrokenModelIsNoDefault(t *testing.T) {
	t.Parallel()
	f := start(t, Options{}, "m/1/model.pkl", "good", "hostile/1/model.pkl", "broken")
	f.ready()
	f.answers("", 0, "good")
	f.write("worse/1/model.pkl", "panic")
	f.becomes("hostile/1 FAILED, *m/1 READY, worse/1 FAILED")
	f.answers("", 0, "good")
	f.write("other/1/model.pkl", "as good")
	f.becomes("hostile/1 FAILED, *m/1 READY, *other/1 READY, worse/1 FAILED")
	f.refuses("", 0, "the server has no default model")
}

// While a server starts, the newest version is waited for: a restart must not
// answer from an old one for a moment.
func TestTheStartWaitsForTheNewest(t *testing.T) {
	f := start(t, Options{}, "m/1/model.pkl", "old", "m/2/model.pkl", "slow", "m/3/model.pkl", "broken")
	f.becomes("m/1 READY, *m/2 LOADING, m/3 FAILED")
	f.refuses("m", 0, "is not served here: LOADING")
	f.answers("m", 1, "old")
	close(f.reader.release)
	f.ready()
	f.answers("m", 0, "slow")
}

func TestANamedDefaultModel(t *testing.T) {
	f := start(t, Options{DefaultModel: "b"}, "a/1/model.pkl", "a", "b/1/model.pkl", "b")
	f.ready()
	f.answers("", 0, "b")
}

func TestABrokenVersionReplacesNothing(t *testing.T) {
	for content, reason := range map[string]string{
		"broken": "pickle: at byte 3: unknown opcode",
		"panic":  "internal error while reading the model",
	} {
		f := start(t, Options{}, "m/1/model.pkl", "one", "m/2/model.pkl", content)
		f.ready()
		f.becomes("*m/1 READY, m/2 FAILED")
		f.reason("m", 2, reason)
		f.answers("m", 0, "one")
		f.refuses("m", 2, "is not served here: FAILED: "+reason)
		if got := testutil.ToFloat64(f.metrics.loads.WithLabelValues("m", "2", "failed")); got != 1 {
			t.Errorf("counted %v failed loads, want 1", got)
		}
	}
}

func TestANewVersionIsPickedUp(t *testing.T) {
	t.Parallel()
	f := start(t, Options{}, "m/1/model.pkl", "one")
	f.ready()
	inFlight, err := f.Lookup(t.Context(), "m", 0)
	if err != nil {
		t.Fatal(err)
	}
	f.write("m/2/model.pkl", "two")
	f.becomes("m/1 READY, *m/2 READY")
	f.answers("m", 0, "two")
	if inFlight.Number != 1 {
		t.Errorf("a request in flight changed to version %d", inFlight.Number)
	}
	f.write("m/3/model.pkl", "broken")
	f.becomes("m/1 READY, *m/2 READY, m/3 FAILED")
	f.write("m/3/model.pkl", "three, repaired")
	f.becomes("m/1 READY, m/2 READY, *m/3 READY")
	f.remove("m/3")
	f.becomes("m/1 READY, *m/2 READY")
	f.write("other/1/model.pkl", "x")
	f.becomes("m/1 READY, *m/2 READY, *other/1 READY")
}

func TestAScanWaitsForFilesToSettle(t *testing.T) {
	f := prepare(t, Options{}, "m/1/model.pkl", "one")
	f.settle = time.Hour
	f.scan()
	f.becomes("*m/1 READY") // at the start at once
	f.write("m/2/model.pkl", "the first ha")
	f.scan()
	f.write("m/2/model.pkl", "the first half and the second")
	f.scan()
	f.scan()
	f.becomes("*m/1 READY, m/2 LOADING")
	f.answers("m", 0, "one")
	f.settle = 0
	f.scan()
	f.becomes("m/1 READY, *m/2 READY")
	f.answers("m", 0, "the first half and the second")
}

func TestTheRescanFindsWhatTheWatchMisses(t *testing.T) {
	t.Parallel()
	f := start(t, Options{Rescan: 50 * time.Millisecond}, "m/1/model.pkl", "one")
	f.ready()
	// A directory that moves takes its watches with it.
	aside := f.dir + "-aside"
	if err := errors.Join(os.Rename(f.dir, aside), os.CopyFS(f.dir, os.DirFS(aside))); err != nil {
		t.Fatal(err)
	}
	f.write("m/2/model.pkl", "two")
	f.becomes("m/1 READY, *m/2 READY")
}

func TestVersionsAreImmutable(t *testing.T) {
	t.Parallel()
	f := start(t, Options{}, "m/1/model.pkl", "one", "m/1/golden.json", "one")
	f.ready()
	f.write("m/1/model.pkl", "other bytes")
	f.becomes("*m/1 FAILED!")
	f.reason("m", 1, "its files changed after it was loaded, and what was loaded (sha256 7692c3ad")
	f.answers("m", 0, "one")

	f.write("m/1/model.pkl", "one") // the same bytes again
	f.becomes("*m/1 READY")
	f.reason("m", 1, "")

	f.write("m/1/golden.json", "other goldens")
	f.becomes("*m/1 FAILED!")
	f.remove("m/1/model.pkl")
	f.eventually(func() error {
		if s := f.Models()[0].Versions[0]; !strings.Contains(s.Reason, "no model file") {
			return fmt.Errorf("reason %q", s.Reason)
		}
		return nil
	})
	f.answers("m", 0, "one")
	if n := f.reader.reads.Load(); n != 1 {
		t.Errorf("the model was read %d times, want once", n)
	}
}

func TestTouchedFilesAreNotChanged(t *testing.T) {
	t.Parallel()
	f := start(t, Options{}, "m/1/model.pkl", "one")
	f.ready()
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(f.dir, "m/1/model.pkl"), later, later); err != nil {
		t.Fatal(err)
	}
	f.scan()
	f.scan()
	f.eventually(func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if v := f.versions[key{"m", 1}]; v.tried != v.attempt() || v.done != nil {
			return errors.New("the touched file was not looked at")
		}
		return nil
	})
	f.becomes("*m/1 READY")
}

func TestProof(t *testing.T) {
	const manifest = "apiVersion: treehouse.dev/v1\nartifact: model.pkl\nsha256: "
	// sha256 of "one"
	const digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
	tests := []struct {
		name   string
		o      Options
		files  []string
		reason string // empty: it is served
	}{
		{"goldens that match", Options{RequireCertificate: true}, []string{"golden.json", "one"}, ""},
		{"goldens that do not", Options{}, []string{"golden.json", "two"}, "golden row 3: predict is 1, but the training library computed 2"},
		{"no goldens, but required", Options{RequireCertificate: true}, nil, "it has no certificate (golden.json), and this server requires one"},
		{"the digest of model.yaml", Options{}, []string{"model.yaml", manifest + digest}, ""},
		{"another digest", Options{}, []string{"model.yaml", manifest + strings.Repeat("0", 64)}, "the artifact's sha256 is 7692c3ad"},
		{"tampered and unreadable", Options{}, []string{"model.yaml", manifest + digest, "model.pkl", "broken"}, "but model.yaml says 7692c3ad"},
		{"a damaged model.yaml", Options{}, []string{"model.yaml", "artifact: model.pkl"}, "apiVersion"},
		{"too large", Options{MaxBytes: 2}, nil, "model.pkl: 3 bytes; at most 2 are accepted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := []string{"m/1/model.pkl", "one"}
			for i := 0; i < len(tt.files); i += 2 {
				files = append(files, "m/1/"+tt.files[i], tt.files[i+1])
			}
			f := start(t, tt.o, files...)
			if tt.reason == "" {
				f.becomes("*m/1 READY")
				return
			}
			f.becomes("m/1 FAILED")
			f.reason("m", 1, tt.reason)
		})
	}
}

func TestReadiness(t *testing.T) {
	tests := []struct {
		name  string
		o     Options
		files []string
		want  string // empty: ready
	}{
		{"one can be served", Options{}, []string{"m/1/model.pkl", "broken", "m/2/model.pkl", "two"}, ""},
		{"none can", Options{}, []string{"m/1/model.pkl", "broken"}, "the repository holds no model that can be served"},
		{"an empty repository", Options{}, nil, "the repository holds no model that can be served"},
		{"an empty repository, models by request", Options{Control: true}, nil, ""},
		{"on demand", Options{OnDemand: true}, []string{"m/1/model.pkl", "broken"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			told := make(chan error, 10)
			tt.o.Notify = func(err error) { told <- err }
			f := start(t, tt.o, tt.files...)
			err := <-told
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("told %v, want %q", err, tt.want)
			}
			if got := f.Ready(); !errors.Is(got, err) {
				t.Errorf("Ready = %v, told %v", got, err)
			}
		})
	}
}

func TestBeforeTheFirstScan(t *testing.T) {
	c := New(Options{Repository: store.Directory(t.TempDir()), Registerer: prometheus.NewRegistry()})
	var notServed *model.NotServedError
	if _, err := c.Lookup(t.Context(), "m", 0); !errors.As(err, &notServed) {
		t.Errorf("Lookup = %v, want not served (yet) rather than not found", err)
	}
	if err := c.Ready(); err == nil {
		t.Error("ready before the first scan")
	}
}

func TestARepositoryThatIsNotThere(t *testing.T) {
	f := prepare(t, Options{})
	f.remove(".")
	f.scan()
	if err := f.Ready(); err == nil || err.Error() != "the repository cannot be read" {
		t.Errorf("Ready = %v", err)
	}
	f.write("m/1/model.pkl", "one")
	f.scan()
	f.becomes("*m/1 READY")
}

func TestARepositoryThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	f := start(t, Options{Rescan: 20 * time.Millisecond}, "m/1/model.pkl", "one")
	f.ready()
	gone := f.dir + "-gone"
	if err := os.Rename(f.dir, gone); err != nil {
		t.Fatal(err)
	}
	f.eventually(func() error {
		if testutil.ToFloat64(f.metrics.scanErrors) == 0 {
			return errors.New("no scan failed")
		}
		return nil
	})
	f.answers("m", 0, "one") // what was loaded stays
	if err := os.Rename(gone, f.dir); err != nil {
		t.Fatal(err)
	}
	f.write("m/2/model.pkl", "two")
	f.becomes("m/1 READY, *m/2 READY")
}

func TestOneLookupDoesNotAllocate(t *testing.T) {
	f := prepare(t, Options{}, "m/1/model.pkl", "one")
	f.scan()
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = f.Lookup(ctx, "m", 0) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

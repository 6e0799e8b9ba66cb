package payload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A scorer has a signature and computes nothing: tests say what was predicted.
type scorer struct{ signature scoring.Signature }

func (s *scorer) Signature() *scoring.Signature { return &s.signature }
func (s *scorer) Predict(context.Context, *scoring.Batch, scoring.Method, *scoring.Result) error {
	return nil
}

func regressor() *model.Version {
	return &model.Version{Name: "housing", Number: 3, Model: &scorer{scoring.Signature{
		Features: []scoring.Feature{{Name: "income"}, {Name: "ocean", Type: scoring.String}, {Name: "unread", Type: scoring.String, Unused: true}},
		Outputs:  1, Methods: scoring.Predict}}}
}

// prediction is one of n rows; row i was asked with income i and got 10 i.
func prediction(v *model.Version, id string, n int) *model.Prediction {
	p := &model.Prediction{ID: id, RequestID: "r-" + id, Version: v, Computed: scoring.Predict,
		Batch: &scoring.Batch{Rows: n, Columns: make([]scoring.Column, 3)}, Result: &scoring.Result{}}
	c := p.Batch.Columns
	c[1].Missing = make([]bool, n)
	for i := range n {
		c[0].Numbers = append(c[0].Numbers, float64(i))
		c[1].Strings = append(c[1].Strings, strings.Repeat("x", i%4))
		c[1].Missing[i] = i%5 == 4
		c[2].Numbers = append(c[2].Numbers, 7) // it may hold anything
		p.Result.Values = append(p.Result.Values, 10*float64(i))
	}
	return p
}

func options(s Store) Options {
	return Options{Store: s, Models: map[string]float64{"housing": 1}, BufferBytes: 1 << 20, FileBytes: 64 << 10, Interval: time.Hour,
		Patience: time.Minute, Instance: "pod/1", Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()}
}

func (l *Log) total(name string) float64 {
	families, _ := l.metrics.registerer.(*prometheus.Registry).Gather()
	sum := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func (l *Log) dropped(reason string) float64 {
	return testutil.ToFloat64(l.metrics.dropped.WithLabelValues("housing", "3", reason))
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

// rows reads the log back; a row is "id/row income ocean prediction error".
func rows(t *testing.T, s Source) []string {
	t.Helper()
	var out []string
	err := Read(t.Context(), s, "", func(_ *payloadfile.Shape, r *payloadfile.Row) error {
		prediction := math.NaN()
		if len(r.Outputs) == 1 {
			prediction = r.Outputs[0]
		}
		ocean := r.Features[1].Text
		if r.Features[1].Missing {
			ocean = "-"
		}
		if r.Model != "housing" || r.Version != 3 || r.RequestID != "r-"+r.ID || time.Since(r.Time) > time.Minute || !r.Features[2].Missing {
			t.Errorf("row %+v", r)
		}
		out = append(out, fmt.Sprintf("%s/%d %v %s %v %s", r.ID, r.Row, r.Features[0].Number, ocean, prediction, r.Error))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLog(t *testing.T) {
	dir := t.TempDir()
	l := New(options(Directory(dir)))
	v := regressor()
	l.Observe(t.Context(), prediction(v, "a", 6))
	unread := &model.Prediction{ID: "b", RequestID: "r-b", Version: v, Err: errors.New("column income is not given")}
	l.Observe(t.Context(), unread)
	full := prediction(v, "c", 2)
	full.Result, full.Computed, full.Err = nil, 0, errors.New("full")
	l.Observe(t.Context(), full)
	other := regressor()
	other.Name = "churn"
	l.Observe(t.Context(), prediction(other, "d", 1))
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Observe(t.Context(), prediction(v, "late", 1))

	want := []string{"a/0 0  0 ", "a/1 1 x 10 ", "a/2 2 xx 20 ", "a/3 3 xxx 30 ", "a/4 4 - 40 ", "a/5 5 x 50 ",
		"b/0 0 - NaN column income is not given", "c/0 0  NaN full", "c/1 1 x NaN full"}
	if got := rows(t, Directory(dir)); !slices.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	names, err := Directory(dir).List(t.Context())
	if err != nil || len(names) != 1 {
		t.Fatalf("files %v, %v; want one", names, err)
	}
	if ok, _ := filepath.Match(time.Now().UTC().Format("housing/dt=2006-01-02/hour=")+"??/v3-pod_1-????????-000001.parquet", names[0]); !ok {
		t.Errorf("file %s", names[0])
	}
	if got := l.total("treehouse_payload_records_total"); got != 9 {
		t.Errorf("%v rows counted, want 9", got)
	}
	if got, files := l.dropped(dropStop), l.total("treehouse_payload_files_total"); got != 1 || files != 1 {
		t.Errorf("%v dropped after the stop, %v files; want 1 and 1", got, files)
	}
	if left := l.buffered.Load(); left != 0 {
		t.Errorf("%d bytes are still buffered", left)
	}
}

// Classes and probabilities are logged as they were computed.
func TestClassifier(t *testing.T) {
	dir := t.TempDir()
	o := options(Directory(dir))
	o.TraceID = func(context.Context) string { return "4bf92f3577b34da6a3ce929d0e0e4736" }
	l := New(o)
	m := open(t, "forest-classifier-three-string")
	v := &model.Version{Name: "housing", Number: 1, Model: m}
	b := &scoring.Batch{Rows: 2}
	for range m.Signature().Features {
		b.Columns = append(b.Columns, scoring.Column{Numbers: []float64{-1, 1}})
	}
	var r scoring.Result
	if err := m.Predict(t.Context(), b, l.Wants(v), &r); err != nil {
		t.Fatal(err)
	}
	l.Observe(t.Context(), &model.Prediction{ID: "a", Version: v, Batch: b, Result: &r, Computed: l.Wants(v)})
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := Read(t.Context(), Directory(dir), "housing", func(s *payloadfile.Shape, row *payloadfile.Row) error {
		classes := len(s.Classes)
		if row.Class != int(r.Classes[n]) || !slices.Equal(row.Probabilities, r.Probabilities[n*classes:(n+1)*classes]) || row.TraceID == "" {
			t.Errorf("row %d: %+v, want class %d of %v", n, row, r.Classes[n], r.Probabilities)
		}
		n++
		return nil
	})
	if err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Of several labels a row the places of the classes are logged, of a transformer nothing but
// what it was asked.
func TestSeveralLabels(t *testing.T) {
	dir := t.TempDir()
	l := New(options(Directory(dir)))
	b := &scoring.Batch{Rows: 2}
	for range 3 {
		b.Columns = append(b.Columns, scoring.Column{Numbers: []float64{-1, 1}})
	}
	want := map[string]scoring.Result{}
	for _, name := range []string{"several-extra-tree", "transform-PCA"} {
		v := &model.Version{Name: "housing", Number: int64(len(want)) + 1, Model: open(t, name)}
		var r scoring.Result
		computed := l.Wants(v)&v.Model.Signature().Methods | v.Model.Signature().Default()
		if err := v.Model.Predict(t.Context(), b, computed, &r); err != nil {
			t.Fatal(err)
		}
		l.Observe(t.Context(), &model.Prediction{ID: name, Version: v, Batch: b, Result: &r, Computed: computed})
		want[name] = r
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := Read(t.Context(), Directory(dir), "housing", func(s *payloadfile.Shape, row *payloadfile.Row) error {
		n++
		r := want[row.ID]
		if s.Transforms {
			if len(row.Outputs) > 0 || len(row.Features) != 3 {
				t.Errorf("of a transformer: %+v", row)
			}
			return nil
		}
		places := []float64{float64(r.Classes[2*row.Row]), float64(r.Classes[2*row.Row+1])}
		if !slices.Equal(row.Outputs, places) || !slices.Equal(row.Probabilities, r.Probabilities[5*row.Row:][:5]) || s.Targets[1][2] != "red" {
			t.Errorf("row %d: %+v of %+v, want %v of %v", row.Row, row, s, places, r.Probabilities)
		}
		return nil
	})
	if err != nil || n != 4 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func open(t *testing.T, golden string) *scoring.Model {
	t.Helper()
	file, err := os.Open("../../../scoring/testdata/scikit-learn-1.9.1/" + golden + "/model.joblib")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := scoring.Open(file, &scoring.Options{AllowUntested: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Files end by size and by time.
func TestFilesEnd(t *testing.T) {
	dir := t.TempDir()
	o := options(Directory(dir))
	o.FileBytes, o.Interval = 4096, 50*time.Millisecond
	l := New(o)
	for i := range 40 {
		l.Observe(t.Context(), prediction(regressor(), fmt.Sprint(i), 1)) // each version its own: by time
	}
	eventually(t, "the interval ends files", func() bool { return l.total("treehouse_payload_records_total") == 40 })
	v, before := regressor(), l.total("treehouse_payload_files_total")
	for i := range 40 {
		l.Observe(t.Context(), prediction(v, fmt.Sprint(i), 4))
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files := l.total("treehouse_payload_files_total") - before; files < 4 {
		t.Errorf("%v files of at most 4096 bytes for 40 requests", files)
	}
	if got := len(rows(t, Directory(dir))); got != 40+160 {
		t.Errorf("%d rows, want 200", got)
	}
}

func TestSampling(t *testing.T) {
	o := options(Directory(t.TempDir()))
	o.Models = map[string]float64{"housing": 0.25}
	o.BufferBytes = 64 << 20
	l := New(o)
	v := regressor()
	const n = 4000
	for i := range n {
		l.Observe(t.Context(), prediction(v, fmt.Sprint(i), 1))
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Ten standard deviations, so that it never fails by chance.
	got := l.total("treehouse_payload_records_total") + l.total("treehouse_payload_dropped_total")
	if math.Abs(got-n/4) > 10*math.Sqrt(n*0.25*0.75) {
		t.Errorf("%v of %d are logged, want a quarter", got, n)
	}
}

// A store does what a test has it do.
type store struct {
	mu    sync.Mutex
	put   func(ctx context.Context) error
	names []string
}

func (s *store) Put(ctx context.Context, name string, _ []byte) error {
	s.mu.Lock()
	put := s.put
	s.names = append(s.names, name)
	s.mu.Unlock()
	return put(ctx)
}

func (s *store) become(put func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put = put
}

func stalls(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func works(context.Context) error      { return nil }
func full(context.Context) error       { return syscall.ENOSPC }

// Whatever the store does, no request waits: all have gone on before it does
// anything. Memory stays bounded, and each row is written or counted.
func TestStoresThatFail(t *testing.T) {
	for _, c := range []struct {
		name string
		put  func(ctx context.Context, release chan struct{}) error
	}{
		{"stalls", func(ctx context.Context, release chan struct{}) error {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return ctx.Err()
		}},
		{"never heeds its context", func(_ context.Context, release chan struct{}) error { <-release; return nil }},
		{"fails", func(context.Context, chan struct{}) error { return errors.New("access denied") }},
		{"disk full", func(context.Context, chan struct{}) error { return syscall.ENOSPC }},
		{"slow", func(context.Context, chan struct{}) error { time.Sleep(200 * time.Millisecond); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			release := make(chan struct{})
			s := &store{put: func(ctx context.Context) error { return c.put(ctx, release) }}
			l := New(options(s))
			v := regressor()
			const callers, each = 4, 3000
			var most atomic.Int64
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					p := prediction(v, "id", 3)
					for range each {
						l.Observe(t.Context(), p)
						if held := l.buffered.Load(); held > most.Load() {
							most.Store(held)
						}
					}
				})
			}
			group.Wait()
			if limit := l.o.BufferBytes + callers*(recordBytes+maxKept); most.Load() > limit {
				t.Errorf("%d bytes were buffered, want at most %d", most.Load(), limit)
			}
			if l.dropped(dropFull) == 0 {
				t.Error("nothing was dropped")
			}
			s.become(works)
			close(release)
			if err := l.Close(t.Context()); err != nil {
				t.Errorf("the store works again, but %v", err)
			}
			if got := l.total("treehouse_payload_records_total") + l.dropped(dropFull); got != 3*callers*each {
				t.Errorf("%v rows were written or counted, want %d", got, 3*callers*each)
			}
			if left := l.buffered.Load(); left != 0 {
				t.Errorf("%d bytes are still buffered", left)
			}
		})
	}
}

// The stop ends in its time, with a store that is away, too, and says so.
func TestCloseInTime(t *testing.T) {
	for name, put := range map[string]func(context.Context) error{
		"stalls": stalls, "full": full, "hangs": func(context.Context) error { select {} },
	} {
		t.Run(name, func(t *testing.T) {
			l := New(options(&store{put: put}))
			l.Observe(t.Context(), prediction(regressor(), "a", 5))
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			if err := l.Close(ctx); err == nil {
				t.Error("what is lost is no error")
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if got := l.dropped(dropStop); name != "hangs" && got != 5 {
				t.Errorf("%v rows counted, want 5", got)
			}
		})
	}
}

// What cannot be written is tried again, under the same name.
func TestTriedAgain(t *testing.T) {
	s := &store{put: full}
	o := options(s)
	var logged bytes.Buffer
	var mu sync.Mutex
	o.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return logged.Write(p) }), nil))
	o.Interval = 10 * time.Millisecond
	l := New(o)
	l.Observe(t.Context(), prediction(regressor(), "a", 5))
	eventually(t, "it fails", func() bool { return l.total("treehouse_payload_write_errors_total") == 1 })
	s.become(works)
	eventually(t, "it is written", func() bool { return l.total("treehouse_payload_records_total") == 5 })
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(s.names) != 2 || s.names[0] != s.names[1] {
		t.Errorf("written as %v, want twice the same", s.names)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(logged.String(), "no space left on device") {
		t.Errorf("the log does not tell why: %s", &logged)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A usual request is copied without an allocation.
func TestCopyAllocatesNothing(t *testing.T) {
	p, r := prediction(regressor(), "a", 8), &record{}
	if n := testing.AllocsPerRun(100, func() { _ = sizeOf(p); r.fill(p); r.reset() }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// Large requests must not leave large memory behind small ones, which would be
// buffered without being counted.
func TestKeptMemoryIsSmall(t *testing.T) {
	r := &record{}
	r.fill(prediction(regressor(), "a", 10_000))
	if r.reset() {
		t.Errorf("%d bytes are kept for the next request", r.footprint())
	}
}

func TestParseModels(t *testing.T) {
	got, err := ParseModels("housing, churn=0.25")
	if err != nil || len(got) != 2 || got["housing"] != 1 || got["churn"] != 0.25 {
		t.Errorf("%v, %v", got, err)
	}
	for text, want := range map[string]string{
		"": "without a name", "a,": "without a name", "a=": `"", expected`, "a=0": "above 0", "a=1.5": "at most 1", "a=NaN": "above 0", "a,a=1": "twice", "=1": "without a name",
	} {
		if _, err := ParseModels(text); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "; e", ", e"), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// BenchmarkCopy is what a request does for a log that has room for it.
func BenchmarkCopy(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			p, r := prediction(regressor(), "0123456789abcdef0123456789abcdef", n), &record{}
			b.ReportAllocs()
			for b.Loop() {
				_ = sizeOf(p)
				r.fill(p)
				r.reset()
			}
		})
	}
}

// BenchmarkObserve offers more than the writer can take: most is dropped.
func BenchmarkObserve(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			o := options(&store{put: works})
			o.BufferBytes, o.FileBytes = 64<<20, 16<<20
			l := New(o)
			p := prediction(regressor(), "0123456789abcdef0123456789abcdef", n)
			b.ReportAllocs()
			for b.Loop() {
				l.Observe(b.Context(), p)
			}
			b.StopTimer()
			_ = l.Close(b.Context())
			b.ReportMetric(l.dropped(dropFull)/float64(n*b.N), "dropped/request")
		})
	}
}

package cache

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// a fake is a model of two numbers and a string whose answer is its own number
// plus them. It counts the rows that it computes.
type fake struct {
	signature scoring.Signature
	number    float64
	computed  atomic.Int64
	turns     atomic.Int64 // batches that had some
}

func newFake(number float64) *fake {
	return &fake{number: number, signature: scoring.Signature{
		Features: []scoring.Feature{{Name: "a"}, {Name: "b"}, {Name: "c", Type: scoring.String}, {Name: "unread", Unused: true}},
		Outputs:  1, Methods: scoring.Predict,
	}}
}

func (f *fake) Signature() *scoring.Signature { return &f.signature }

func (f *fake) Predict(ctx context.Context, b *scoring.Batch, _ scoring.Method, out *scoring.Result) error {
	f.computed.Add(int64(b.Rows))
	if b.Turns != nil {
		f.turns.Add(1)
		b.Turns.Next(ctx)
	}
	out.Values = out.Values[:0]
	for row := range b.Rows {
		a := b.Columns[0].Numbers[row]
		if a < 0 {
			return &scoring.RowError{Row: row, Feature: "a", Reason: "it is negative"}
		}
		out.Values = append(out.Values, f.number+a+b.Columns[1].Numbers[row]+float64(len(b.Columns[2].Strings[row])))
	}
	return ctx.Err()
}

// rows makes a batch: of a row each, a is the number, b its half, c as long.
func rows(numbers ...int) *scoring.Batch {
	b := &scoring.Batch{Rows: len(numbers), Columns: make([]scoring.Column, 4)}
	for _, n := range numbers {
		b.Columns[0].Numbers = append(b.Columns[0].Numbers, float64(n))
		b.Columns[1].Numbers = append(b.Columns[1].Numbers, float64(n)/2)
		b.Columns[2].Strings = append(b.Columns[2].Strings, strings.Repeat("x", max(0, n)%10))
		b.Columns[3].Strings = append(b.Columns[3].Strings, fmt.Sprint("anything ", n))
	}
	return b
}

// asking counts how often a batch asks for its turn.
type asking struct{ next int }

func (a *asking) Next(context.Context) { a.next++ }
func (*asking) Helpers() int           { return 0 }
func (*asking) Helped(time.Duration)   {}

// What is computed of a batch asks for turns as the batch itself does, whether all
// of its rows are unknown or some; and the next batch's turns are its own.
func TestTurnsAreTheBatchs(t *testing.T) {
	m := newFake(0)
	v := &model.Version{Name: "m", Number: 1, Model: m}
	c := newCache(t, "m=1MiB", v)
	for _, step := range []struct {
		rows  []int
		turns bool
		want  int
	}{{[]int{1, 2, 3}, true, 1}, {[]int{1, 2, 3, 4, 5}, true, 1}, {[]int{4, 5}, true, 0}, {[]int{5, 6, 7}, false, 0}, {[]int{7, 8, 9}, true, 1}} {
		b, asked := rows(step.rows...), &asking{}
		if step.turns {
			b.Turns = asked
		}
		m.turns.Store(0)
		var out scoring.Result
		if err := c.Predict(t.Context(), v, b, scoring.Predict, &out); err != nil {
			t.Fatal(err)
		}
		if asked.next != step.want || m.turns.Load() != int64(step.want) {
			t.Errorf("rows %v: asked for %d turns of this batch and %d of any, want %d", step.rows, asked.next, m.turns.Load(), step.want)
		}
	}
}

func answer(number float64, n int) float64 {
	return number + float64(n) + float64(n)/2 + float64(n%10)
}

func newCache(t testing.TB, limits string, versions ...*model.Version) *Cache {
	t.Helper()
	parsed, err := ParseLimits(limits)
	if err != nil {
		t.Fatal(err)
	}
	c := New(parsed, prometheus.NewRegistry())
	c.Serve(versions)
	return c
}

func predict(t testing.TB, c *Cache, v *model.Version, numbers ...int) {
	t.Helper()
	var out scoring.Result
	if err := c.Predict(t.Context(), v, rows(numbers...), scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	for i, n := range numbers {
		if want := answer(v.Model.(*fake).number, n); out.Values[i] != want {
			t.Errorf("version %d answers %v to %d, want %v", v.Number, out.Values[i], n, want)
		}
	}
}

// Of a batch only the rows are computed that are not known.
func TestOnlyUnknownRowsAreComputed(t *testing.T) {
	m := newFake(0)
	v := &model.Version{Name: "m", Number: 1, Model: m}
	c := newCache(t, "m=1MiB", v)
	known, all := make([]int, 60), make([]int, 100)
	for i := range all {
		all[i] = i * 7 % 100 // known and unknown ones alternate
		if i < len(known) {
			known[i] = i
		}
	}
	for _, step := range []struct {
		rows []int
		want int64
	}{{known, 60}, {all, 40}, {all, 0}, {[]int{5}, 0}, {[]int{500}, 1}, {[]int{500}, 0}} {
		m.computed.Store(0)
		predict(t, c, v, step.rows...)
		if got := m.computed.Load(); got != step.want {
			t.Errorf("of %d rows %d were computed, want %d", len(step.rows), got, step.want)
		}
	}
	u := c.usage()["m"]
	if u.hits != 60+100+1+1 || u.misses != 60+40+1 || u.bytes <= 0 || u.bytes > u.limit || u.limit > 1<<20 {
		t.Errorf("usage %+v", u)
	}
}

// A batch with a row that is refused gives the error that it gives without the
// cache: the row as it is counted in the whole batch.
func TestRefusedRow(t *testing.T) {
	v := &model.Version{Name: "m", Number: 1, Model: newFake(0)}
	c := newCache(t, "m=1MiB", v)
	predict(t, c, v, 1, 2, 3)
	for range 2 {
		err := c.Predict(t.Context(), v, rows(1, 4, 2, -1, 5), scoring.Predict, &scoring.Result{})
		if err == nil || err.Error() != v.Model.Predict(t.Context(), rows(1, 4, 2, -1, 5), scoring.Predict, &scoring.Result{}).Error() {
			t.Errorf("error %v", err)
		}
	}
}

// Models that are not named are never looked at.
func TestOtherModels(t *testing.T) {
	m := newFake(0)
	v := &model.Version{Name: "other", Number: 1, Model: m}
	c := newCache(t, "m=1MiB", v)
	predict(t, c, v, 1)
	predict(t, c, v, 1)
	if m.computed.Load() != 2 || c.stores["other"] != nil || c.stores["m"] != nil {
		t.Errorf("%d rows computed, stores %v", m.computed.Load(), c.stores)
	}
}

// What a version answered is gone with it, and never found by another, even one
// of the same number.
func TestVersionsThatGo(t *testing.T) {
	version := func(n int64, answers float64) *model.Version {
		return &model.Version{Name: "m", Number: n, Model: newFake(answers)}
	}
	one, two := version(1, 1000), version(2, 2000)
	c := newCache(t, "m=1MiB", one, two)
	empty := c.usage()["m"].bytes
	predict(t, c, one, 1, 2, 3)
	each := c.usage()["m"].bytes - empty
	predict(t, c, two, 1, 2, 3)
	if got := c.usage()["m"].bytes; got != empty+2*each {
		t.Errorf("%d bytes, want %d and twice %d", got, empty, each)
	}

	c.Serve([]*model.Version{two})
	if got := c.usage()["m"].bytes; got != empty+each {
		t.Errorf("%d bytes after one of two versions went, want %d and %d", got, empty, each)
	}
	computed := two.Model.(*fake).computed.Load()
	predict(t, c, two, 1, 2, 3)
	if two.Model.(*fake).computed.Load() != computed {
		t.Error("what is known of the version that stayed was computed again")
	}
	predict(t, c, one, 1, 2, 3) // a request that began before
	if got := c.usage()["m"].bytes; got != empty+each {
		t.Errorf("%d bytes after a late request for a version that went, want %d", got, empty+each)
	}

	again := version(1, 5000)
	c.Serve([]*model.Version{again, two})
	predict(t, c, again, 1, 2, 3)

	c.Serve(nil)
	u := c.usage()["m"]
	if u.bytes != 0 || u.limit != 0 || u.hits != 3 || u.misses != 9 {
		t.Errorf("usage without a version: %+v", u)
	}
}

// Under load, while versions come and go, every answer is that of the version
// asked.
func TestSwapsUnderLoad(t *testing.T) {
	c := newCache(t, "m=1MiB")
	var current atomic.Pointer[model.Version]
	swap := func(i int) {
		before := current.Load()
		now := &model.Version{Name: "m", Number: int64(i%2 + 1), Model: newFake(float64(i) * 1e6)}
		served := []*model.Version{now}
		if i%3 == 0 && before != nil {
			served = append(served, before)
		}
		c.Serve(served)
		current.Store(now)
	}
	swap(0)
	done := make(chan struct{})
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				numbers := make([]int, 1+i%20)
				for j := range numbers {
					numbers[j] = (i + j*caller) % 3000
				}
				predict(t, c, current.Load(), numbers...)
			}
		})
	}
	for i := range 300 {
		swap(i)
		c.usage()
		runtime.Gosched()
	}
	close(done)
	callers.Wait()
	if u := c.usage()["m"]; u.hits == 0 || u.misses == 0 {
		t.Errorf("usage %+v: this test does not show much", u)
	}
}

// A model takes what it was given, and not more, whatever is asked.
func TestMemoryIsBounded(t *testing.T) {
	v := &model.Version{Name: "m", Number: 1, Model: newFake(0)}
	c := newCache(t, "m=2MiB", v)
	for i := range 200 {
		b := rows(i, i+1, i+2)
		b.Columns[2].Strings = []string{strings.Repeat("y", i*i), strings.Repeat("z", i*100), ""}
		if err := c.Predict(t.Context(), v, b, scoring.Predict, &scoring.Result{}); err != nil {
			t.Fatal(err)
		}
		numbers := make([]int, 1000)
		for j := range numbers {
			numbers[j] = i*1000 + j
		}
		predict(t, c, v, numbers...)
		if u := c.usage()["m"]; u.bytes > u.limit || u.limit > 2<<20 {
			t.Fatalf("usage %+v", u)
		}
	}
	u := c.usage()["m"]
	if u.evictions == 0 || u.bytes < u.limit*9/10 {
		t.Errorf("usage %+v: it is not full", u)
	}
	total := 0
	for _, s := range c.stores["m"].shards {
		total += cap(s.ring) + 8*cap(s.heads)
	}
	if total > 2<<20 {
		t.Errorf("%d bytes are taken", total)
	}
}

// Rows that look alike are different ones: 0 and -0, kinds of NaN, what is
// missing and what is empty, and strings whose borders are elsewhere.
func TestKeysTellRowsApart(t *testing.T) {
	s := &scoring.Signature{Features: []scoring.Feature{{}, {Type: scoring.String}, {Type: scoring.String}}, Methods: scoring.Predict, Outputs: 1}
	of := New(nil, prometheus.NewRegistry()).newCached(&model.Version{Model: &fake{signature: *s}}, nil)
	seen := map[string]int{}
	for i, row := range []struct {
		number  float64
		strings [2]string
		missing bool
	}{
		{0, [2]string{"", ""}, false}, {math.Copysign(0, -1), [2]string{"", ""}, false}, {math.NaN(), [2]string{"", ""}, false},
		{math.Float64frombits(math.Float64bits(math.NaN()) ^ 1), [2]string{"", ""}, false}, {0, [2]string{"", ""}, true},
		{0, [2]string{"ab", "c"}, false}, {0, [2]string{"a", "bc"}, false}, {0, [2]string{"", "abc"}, false}, {0, [2]string{"abc", ""}, false},
		{0, [2]string{"a\x00", ""}, false}, {0, [2]string{"a", ""}, false},
	} {
		b := &scoring.Batch{Rows: 1, Columns: []scoring.Column{{Numbers: []float64{row.number}},
			{Strings: row.strings[:1], Missing: []bool{row.missing}}, {Strings: row.strings[1:]}}}
		key := string(of.appendRow(nil, b, 0))
		if before, twice := seen[key]; twice {
			t.Errorf("rows %d and %d have one key", before, i)
		}
		seen[key] = i
	}
}

// In steady state neither what is known nor what is computed costs an
// allocation.
func TestAllocations(t *testing.T) {
	v := &model.Version{Name: "housing", Number: 2, Model: housing(t)}
	c := newCache(t, "housing=1MiB", v)
	in := usualRows(v.Model.Signature(), 100)
	var out scoring.Result
	for _, renew := range []int{0, 40, 100} {
		next := 0.0
		n := testing.AllocsPerRun(50, func() {
			for row := range renew {
				next++
				in.Columns[0].Numbers[row] = next
			}
			if err := c.Predict(context.Background(), v, in, scoring.Predict, &out); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0.5 && !raceEnabled() { // the race detector empties pools
			t.Errorf("%d new rows of 100: %v allocations", renew, n)
		}
	}
}

func housing(t testing.TB) *scoring.Model {
	t.Helper()
	return openModel(t, "../../models/housing/2/model.joblib")
}

func openModel(t testing.TB, path string) *scoring.Model {
	t.Helper()
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := scoring.Open(f, nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}

// usualRows are rows that no model refuses, each a different one.
func usualRows(s *scoring.Signature, n int) *scoring.Batch {
	b := &scoring.Batch{Rows: n, Columns: make([]scoring.Column, len(s.Features))}
	for i, f := range s.Features {
		for row := range n {
			if f.Type == scoring.Number {
				b.Columns[i].Numbers = append(b.Columns[i].Numbers, float64(row+i)/8)
			} else {
				b.Columns[i].Strings = append(b.Columns[i].Strings, f.Categories[row%len(f.Categories)])
			}
		}
	}
	return b
}

// raceEnabled reports whether the race detector runs, which makes pools drop
// things.
func raceEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

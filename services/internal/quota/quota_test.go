package quota

import (
	"errors"
	"fmt"
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

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// opened are limits of a file, whose metrics are in reg. Writing the file again
// replaces it.
func opened(t testing.TB, file string) (l *Limits, reg *prometheus.Registry, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "limits.yaml")
	write(t, path, file)
	reg = prometheus.NewRegistry()
	l, err := Open(Options{File: path, Reload: 10 * time.Millisecond}, Callers, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, reg, path
}

func write(t testing.TB, path, data string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func key1(name string, groups ...string) *principal.Principal {
	return &principal.Principal{Method: "key", Name: name, Groups: groups}
}

// passes is how many of n requests of so many rows pass.
func passes(t testing.TB, l *Limits, s Subject, n, rows int) (passed int) {
	t.Helper()
	for range n {
		_, err := l.Charge(t.Context(), s, 1, rows)
		var exceeded *ExceededError
		if err == nil {
			passed++
		} else if !errors.As(err, &exceeded) {
			t.Fatal(err)
		}
	}
	return passed
}

// Each rule's buckets are of what it says, and are charged for whom and what it
// is about.
func TestBuckets(t *testing.T) {
	a, b := key1("a"), key1("b")
	token := &principal.Principal{Method: "jwt", Name: "a"}
	science, other := key1("c", "x", "science"), key1("d", "science")
	ask := func(caller *principal.Principal, model string) Subject { return Subject{Caller: caller, Model: model} }
	for _, c := range []struct {
		rule string
		asks []Subject
		want []int // of 5 requests of each
	}{
		{"principals: ['*'], requests: 3/d", []Subject{ask(a, "m"), ask(a, "n"), ask(b, "m"), ask(token, "m"), ask(nil, "m")}, []int{3, 0, 3, 3, 5}},
		{"requests: 3/d", []Subject{ask(nil, "m"), ask(nil, "m"), ask(a, "m")}, []int{3, 0, 3}}, // nobody is one, too
		{"principals: ['key:a'], per: [principal, model], requests: 3/d", []Subject{ask(a, "m"), ask(a, "n"), ask(token, "m"), ask(b, "m")}, []int{3, 3, 5, 5}},
		{"groups: [science], requests: 3/d", []Subject{ask(science, "m"), ask(other, "m"), ask(a, "m")}, []int{3, 3, 5}},
		{"groups: ['sci*'], per: group, requests: 3/d", []Subject{ask(science, "m"), ask(other, "m"), ask(a, "m")}, []int{3, 0, 5}},
		{"models: ['m*'], per: model, requests: 3/d", []Subject{ask(a, "m"), ask(b, "m"), ask(a, "m2"), ask(a, "n")}, []int{3, 0, 3, 5}},
		{"per: all, requests: 3/d", []Subject{ask(a, "m"), ask(b, "n")}, []int{3, 0}},
		{"per: all, requests: 3/d burst 4", []Subject{ask(a, "m"), ask(b, "n")}, []int{4, 0}},
	} {
		l, _, _ := opened(t, "limits: [{name: a, "+c.rule+"}]")
		for i, s := range c.asks {
			if got := passes(t, l, s, 5, 1); got != c.want[i] {
				t.Errorf("%s: of 5 requests of %+v on %s %d pass, want %d", c.rule, s.Caller, s.Model, got, c.want[i])
			}
		}
	}
}

// What passes, in requests and in rows, and what is told about it.
func TestCharge(t *testing.T) {
	l, reg, _ := opened(t, "limits: [{name: shop, requests: 100/d, rows: 864000/d burst 100}]") // ten rows a second
	s := Subject{Caller: key1("a"), Model: "m"}
	state, err := l.Charge(t.Context(), s, 1, 60)
	if err != nil || state.Limit != 100 || state.Remaining != 40 || state.Reset < 5*time.Second || state.Reset > 6*time.Second || !strings.Contains(state.Policy, "unit=rows") {
		t.Errorf("the first: %+v %v", state, err)
	}
	state, err = l.Charge(t.Context(), s, 1, 60)
	var exceeded *ExceededError
	if !errors.As(err, &exceeded) || exceeded.Never || exceeded.Limit != "shop" || exceeded.Retry <= time.Second || exceeded.Retry > 2*time.Second || state.Remaining != 40 || state.Reset != exceeded.Retry {
		t.Errorf("the second: %+v %v", state, err)
	}
	if want := "the limit shop of 864000 rows a day is used up; retry in "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err = l.Charge(t.Context(), s, 1, 101); !errors.As(err, &exceeded) || !exceeded.Never || exceeded.Retry != 0 ||
		err.Error() != "the request has 101 rows, but the limit shop never lets through more than 100 at once; send fewer in a request" {
		t.Errorf("more than ever passes: %v", err)
	}
	if _, err = l.Charge(t.Context(), s, 1, 40); err != nil {
		t.Errorf("what was refused was charged: %v", err)
	}
	// Two requests passed, each of two buckets; 98 are left of the requests, because
	// the refused took none of them.
	if got := l.buckets.of(key{rule: (*l.rules.Load())[0].id, method: "key", name: "a"}, (*l.rules.Load())[0].amounts[requests]).Tokens(); got < 98 || got > 98.1 {
		t.Errorf("%v requests are left, want 98", got)
	}
	want := `# HELP treehouse_quota_decisions_total Buckets that were asked, by the limit's name and outcome: allowed, denied, or too_large for ever.
# TYPE treehouse_quota_decisions_total counter
treehouse_quota_decisions_total{limit="shop",outcome="allowed"} 4
treehouse_quota_decisions_total{limit="shop",outcome="denied"} 1
treehouse_quota_decisions_total{limit="shop",outcome="too_large"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "treehouse_quota_decisions_total"); err != nil {
		t.Error(err)
	}
	var none *Limits
	if state, err := none.Charge(t.Context(), s, 1, 1<<30); err != nil || state != (State{}) {
		t.Errorf("without limits: %v %v", state, err)
	}
}

// A bucket fills as time goes by, and passes what it promised.
func TestRetry(t *testing.T) {
	l, _, _ := opened(t, "limits: [{name: a, requests: 20/s burst 1}]")
	s := Subject{Model: "m"}
	if _, err := l.Charge(t.Context(), s, 1, 1); err != nil {
		t.Fatal(err)
	}
	_, err := l.Charge(t.Context(), s, 1, 1)
	var exceeded *ExceededError
	if !errors.As(err, &exceeded) {
		t.Fatal(err)
	}
	time.Sleep(exceeded.Retry)
	if _, err := l.Charge(t.Context(), s, 1, 1); err != nil {
		t.Errorf("after %v: %v", exceeded.Retry, err)
	}
}

// A changed file is taken over, a broken one is not, and buckets of what has
// not changed stay as they are.
func TestReload(t *testing.T) {
	l, reg, path := opened(t, "limits: [{name: a, requests: 3/d}, {name: gone, models: [x], requests: 3/d}]")
	s := Subject{Caller: key1("a"), Model: "m"}
	if got := passes(t, l, s, 5, 1); got != 3 {
		t.Fatalf("%d passed", got)
	}
	reloads := func(result string) float64 { return testutil.ToFloat64(l.metrics.reloads.WithLabelValues(result)) }
	eventually(t, path, "limits: [{name: a, requests: 3/d, models: ['*']}]", func() bool { return reloads("ok") == 1 })
	if got := passes(t, l, s, 5, 1); got != 0 {
		t.Errorf("a reload filled the bucket: %d passed", got)
	}
	if n, err := testutil.GatherAndCount(reg, "treehouse_quota_decisions_total"); err != nil || n != 3 {
		t.Errorf("%d series, want those of one limit: %v", n, err)
	}
	eventually(t, path, "limits: [{name: a, requests: 0/d}]", func() bool { return reloads("failed") == 1 && testutil.ToFloat64(l.metrics.successful) == 0 })
	if got := passes(t, l, s, 5, 1); got != 0 {
		t.Errorf("a broken file lets %d pass", got)
	}
	eventually(t, path, "limits: [{name: a, requests: 4/d}]", func() bool { return reloads("ok") == 2 && testutil.ToFloat64(l.metrics.successful) == 1 })
	if got := passes(t, l, s, 5, 1); got != 4 {
		t.Errorf("%d pass a limit of 4", got)
	}
}

func eventually(t *testing.T, path, file string, ok func() bool) {
	t.Helper()
	write(t, path, file)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 10 seconds: %s", file)
}

func TestOpenErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "limits.yaml")
	write(t, path, "limits: [{name: a}]")
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	if _, err := Open(Options{File: path}, Callers, log, reg); err == nil || !strings.Contains(err.Error(), "limits: "+path+": limit a: line 1: it limits neither") {
		t.Error(err)
	}
	if _, err := Open(Options{File: path + "no"}, Callers, log, prometheus.NewRegistry()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if l, err := Open(Options{}, Callers, log, reg); l != nil || err != nil {
		t.Error(l, err)
	}
}

// Callers without end take a bounded number of buckets; who calls all the time
// keeps theirs.
func TestBucketsAreBounded(t *testing.T) {
	l, _, _ := opened(t, "limits: [{name: a, requests: 3/d}]")
	var err error
	if l.buckets, err = newBuckets(100); err != nil {
		t.Fatal(err)
	}
	often := Subject{Caller: key1("often")}
	passed := 0
	for i := range 1000 {
		passes(t, l, Subject{Caller: key1(fmt.Sprint(i))}, 1, 1)
		passed += passes(t, l, often, 1, 1)
	}
	if n := l.buckets.all.Len(); n != 100 || l.buckets.evicted.Load() != 901 || passed != 3 {
		t.Errorf("%d buckets, %d evicted, %d of the caller passed", n, l.buckets.evicted.Load(), passed)
	}
}

// However many ask at once, no more pass than the bucket holds.
func TestConcurrent(t *testing.T) {
	l, _, _ := opened(t, "limits: [{name: a, per: all, requests: 500/d}, {name: b, rows: 10000/d}]")
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s := Subject{Caller: key1(fmt.Sprint(i % 2)), Model: "m"}
			for range 200 {
				if _, err := l.Charge(t.Context(), s, 1, 10); err == nil {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 500 {
		t.Errorf("%d passed, want 500", passed.Load())
	}
}

func TestHeaders(t *testing.T) {
	var got []string
	State{Policy: `100;w=1;unit=requests;name="a"`, Limit: 100, Remaining: 7, Reset: 1200 * time.Millisecond}.Headers(func(name, value string) { got = append(got, name+": "+value) })
	if s := strings.Join(got, "\n"); s != "ratelimit-limit: 100\nratelimit-remaining: 7\nratelimit-reset: 2\nratelimit-policy: 100;w=1;unit=requests;name=\"a\"" {
		t.Error(s)
	}
	State{}.Headers(func(name, _ string) { t.Error(name) })
}

// plenty are the limits of the example, so wide that no test reaches them.
var plenty = strings.NewReplacer("100/s", "1000000000/s", "1000000/h burst 20000", "1000000000/s", "10/m", "1000000000/s", "5000/s", "1000000000/s").Replace(example)

// A charge allocates nothing, with limits or without.
func TestChargeAllocates(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which takes what is pooled away, tests in short form")
	}
	l, _, _ := opened(t, plenty)
	s := Subject{Caller: key1("checkout", "science"), Model: "housing"}
	ctx := t.Context()
	for name, limits := range map[string]*Limits{"three limits": l, "none": nil} {
		if n := testing.AllocsPerRun(1000, func() { _, _ = limits.Charge(ctx, s, 1, 1) }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCharge(b *testing.B) {
	l, _, _ := opened(b, plenty)
	s := Subject{Caller: key1("checkout", "science"), Model: "housing"}
	for name, limits := range map[string]*Limits{"none": nil, "three": l} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := limits.Charge(b.Context(), s, 1, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// A suite is one run: the two charts on a cluster, and what was measured.
type suite struct {
	*cluster.Cluster
	settings
	gateway, predict *cluster.Release

	before []string // objects in the namespace before anything was installed

	built         sync.Once  // the images of the release before
	mu            sync.Mutex // guards what follows: parts may run at the same time
	failedPlanned int
	results       []result
}

type result struct {
	name   string
	value  float64
	digits int
}

// record keeps a result for the end.
func (s *suite) record(name string, value float64) {
	digits := 2
	if value == math.Trunc(value) {
		digits = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results = append(s.results, result{name, value, digits})
}

type part struct {
	name string
	run  func(*suite, *testing.T)
}

// The parts run in this order, each on what the ones before left behind: both
// charts with their base values, serving version 3.
var (
	measured = []part{
		{"steady", (*suite).steady},
		{"scale 2 to 4 to 2", (*suite).scale},
		{"overload", (*suite).overload},
	}
	changes = []part{
		{"rolling updates", (*suite).rollingUpdates},
		{"model change and rollback", (*suite).changeModel},
		{"bad image", (*suite).badImage},
		{"bad model", (*suite).badModel},
	}
	// beside are parts that touch neither chart's release, and run while the
	// changes do: one has its own and waits most of the time, one only compiles.
	beside = []part{
		{"autoscaling", (*suite).autoscale},
		{"images of the release before", (*suite).imagesBefore},
	}
	last = []part{
		{"old and new versions", (*suite).versions},
		{"API server away", (*suite).apiServerAway},
		{"more requests", (*suite).moreRequests},
		// These two leave both charts without a drain.
		{"pod deleted by force", (*suite).kill},
		{"no drain", (*suite).noDrain},
		{"uninstall", (*suite).uninstall},
	}
)

func (s *suite) run(t *testing.T) {
	s.timed(t, "install", (*suite).install)
	if s.gateway == nil && !t.Failed() {
		t.Fatal("install was left out: every other part needs it; name it in -run, too")
	}
	s.each(t, measured)
	var waiting sync.WaitGroup
	for _, p := range beside {
		waiting.Go(func() { s.each(t, []part{p}) })
	}
	s.each(t, changes)
	waiting.Wait()
	s.each(t, last)
}

// each runs parts one after the other, up to the first failure: it leaves a
// state that would only fail the rest.
func (s *suite) each(t *testing.T, parts []part) {
	for _, part := range parts {
		if !t.Failed() {
			s.timed(t, part.name, part.run)
		}
	}
}

// timed runs a part and says how long it took; after a failure it prints what
// one would look at.
func (s *suite) timed(t *testing.T, name string, part func(*suite, *testing.T)) {
	begin := time.Now()
	t.Run(name, func(t *testing.T) { part(s, t) })
	if t.Failed() {
		s.Dump(context.WithoutCancel(t.Context()))
	}
	s.Say("%s: %.1f s", name, time.Since(begin).Seconds())
}

// models are predict's values for one version of housing.
func (s *suite) models(t *testing.T, version int) cluster.Values {
	t.Helper()
	from := version
	if version == cluster.BadVersion {
		from = version - 1 // whose artifact it has
	}
	data, err := os.ReadFile(s.Path("services", "predict", "models", "housing", fmt.Sprint(from), "model.joblib"))
	must(t, err)
	sum := sha256.Sum256(data)
	return cluster.Values{"models": []cluster.Values{{"name": "housing", "version": version, "sha256": hex.EncodeToString(sum[:]), "default": true}}}
}

// targets are the flags of a load that asks both ways.
func (s *suite) targets() []string { return append(s.http(), s.grpc()...) }
func (s *suite) http() []string    { return []string{"--http", "http://" + s.gateway.Name} }
func (s *suite) grpc() []string {
	return []string{"--grpc", "dns:///" + s.predict.Name + "-headless:9000"}
}

// base is the constant load of the planned changes: 300 requests a second each
// way, of single rows, over many connections: each is one more chance to lose
// something when its server ends.
func (s *suite) base(versions string) []string {
	return append(s.targets(), "--rate", "600", "--connections", "64", "--clients", "4", "--versions", versions)
}

// underLoad makes a change while a load runs, from a second before it to a
// second after it, and returns what the load saw.
func (s *suite) underLoad(t *testing.T, name string, flags []string, change func()) *summary.Summary {
	t.Helper()
	load, err := s.StartLoad(t.Context(), name, flags...)
	must(t, err)
	time.Sleep(time.Second)
	change()
	time.Sleep(time.Second)
	seen, err := load.Stop(t.Context())
	must(t, err)
	s.Say("  %s: %s", name, describe(seen))
	return seen
}

// planned is underLoad for what must lose nothing.
func (s *suite) planned(t *testing.T, name, versions string, change func()) *summary.Summary {
	t.Helper()
	seen := s.underLoad(t, name, s.base(versions), change)
	s.lostNothing(t, name, seen)
	return seen
}

// lostNothing holds a load to its promise: every answer came, and was right.
func (s *suite) lostNothing(t *testing.T, name string, seen *summary.Summary) {
	t.Helper()
	s.mu.Lock()
	s.failedPlanned += seen.Failed + seen.Wrong
	s.mu.Unlock()
	if seen.Failed+seen.Wrong > 0 {
		t.Errorf("%s: of %d requests %d failed and %d were answered wrong; expected none\n%s", name, seen.Requests, seen.Failed, seen.Wrong, failures(seen))
	}
}

func describe(s *summary.Summary) string {
	text := fmt.Sprintf("%d requests in %.1f s, %d failed, %d wrong; answered by version", s.Requests, s.Seconds, s.Failed, s.Wrong)
	for _, version := range slices.Sorted(maps.Keys(s.Versions)) {
		text += fmt.Sprintf(" %s: %d", version, s.Versions[version])
	}
	return text + latency("HTTP", s.HTTP) + latency("gRPC", s.GRPC)
}

func latency(name string, p *summary.Protocol) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("; %s p50 %.1f p99 %.1f max %.0f ms", name, p.Milliseconds.P50, p.Milliseconds.P99, p.Milliseconds.Max)
}

func failures(s *summary.Summary) string {
	var lines strings.Builder
	for i, f := range s.Failures {
		if i == 10 {
			fmt.Fprintf(&lines, "  … and %d more\n", s.Failed+s.Wrong-i)
			break
		}
		fmt.Fprintf(&lines, "  %s %s %s after %.1f ms, pod %q: %s\n", f.Time.Format("15:04:05.000"), f.Protocol, f.Status, f.Milliseconds, f.Pod, f.Error)
	}
	return lines.String()
}

// both does something with both charts at the same time.
func (s *suite) both(do func(*cluster.Release) error) error {
	failed := make(chan error)
	go func() { failed <- do(s.gateway) }()
	err := do(s.predict)
	return errors.Join(err, <-failed)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

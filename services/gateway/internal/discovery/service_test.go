package discovery

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/resolver"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

// watcher is Kubernetes as a test wants it: each line of reports is a set of
// servers, or an error.
type watcher struct {
	reports chan any
	begun   chan string
}

func (w *watcher) watch(ctx context.Context, service, port string, _ *slog.Logger, report Report) error {
	w.begun <- service + " " + port
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-w.reports:
			switch r := r.(type) {
			case end: // which is an error, too
				return r
			case error:
				report(nil, r)
			case string:
				report(state(strings.Fields(r)).Endpoints, nil)
			}
		}
	}
}

// end is an error that a watch returns, because it cannot begin.
type end struct{ error }

// stage has all that a k8s target needs, with DNS and times of its own.
type stage struct {
	*watcher
	cc  *conn
	reg *prometheus.Registry
	log *logtest.Buffer
	r   resolver.Resolver

	mu  sync.Mutex
	dns string // what DNS says
}

func (s *stage) says(servers string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dns = servers
}

func (s *stage) lookup(context.Context, string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dns == "" {
		return nil, errors.New("no such host")
	}
	return strings.Fields(s.dns), nil
}

func start(t *testing.T, change func(*serviceBuilder)) *stage {
	s := &stage{watcher: &watcher{make(chan any), make(chan string, 10)}, cc: newConn(), reg: prometheus.NewRegistry(), log: &logtest.Buffer{}}
	builder, _, err := Parse("k8s:///predict:9000", Options{
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Registerer: s.reg, Watch: s.watch,
	})
	if err != nil {
		t.Fatal(err)
	}
	b := builder.(*serviceBuilder)
	b.dns = &dnsBuilder{lookup: s.lookup, every: 20 * time.Millisecond}
	b.patience, b.grace, b.again = time.Hour, time.Hour, time.Millisecond
	if change != nil {
		change(b)
	}
	if s.r, err = b.Build(resolver.Target{URL: url.URL{Path: "/predict:9000"}}, s.cc, resolver.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.r.Close)
	if got := <-s.begun; got != "predict 9000" {
		t.Errorf("watches %s", got)
	}
	return s
}

// metrics waits until those of these names are what is expected.
func (s *stage) metrics(t *testing.T, want string, names ...string) {
	t.Helper()
	for i := range names {
		names[i] = "treehouse_gateway_discovery_" + names[i]
	}
	for i := 0; ; i++ {
		err := testutil.GatherAndCompare(s.reg, strings.NewReader(want), names...)
		if err == nil {
			return
		}
		if i == 500 {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var errAway = errors.New("connection refused")

// What Kubernetes says is used, and DNS is not asked. While Kubernetes says
// nothing, what it said last stays.
func TestService(t *testing.T) {
	s := start(t, nil)
	s.says("10.9.9.9")
	s.reports <- "10.0.0.1:9000"
	s.cc.wait(t, "10.0.0.1:9000")
	s.reports <- "10.0.0.1:9000" // no news
	s.reports <- "10.0.0.1:9000 10.0.0.2:9000"
	s.cc.wait(t, "10.0.0.1:9000 10.0.0.2:9000")
	s.reports <- errAway
	s.reports <- errAway
	s.reports <- "10.0.0.1:9000 10.0.0.2:9000" // and back, without news
	s.reports <- ""                            // is an answer, too
	s.cc.wait(t, "")
	s.reports <- "10.0.0.3:9000 10.0.0.4:9000"
	s.cc.wait(t, "10.0.0.3:9000 10.0.0.4:9000")
	s.metrics(t, `
# HELP treehouse_gateway_discovery_endpoints Servers of predict that calls are balanced over, before their health is asked.
# TYPE treehouse_gateway_discovery_endpoints gauge
treehouse_gateway_discovery_endpoints 2
# HELP treehouse_gateway_discovery_errors_total Failed attempts to learn predict's servers; what was known stays in use.
# TYPE treehouse_gateway_discovery_errors_total counter
treehouse_gateway_discovery_errors_total{source="endpointslices"} 2
# HELP treehouse_gateway_discovery_source 1 where the servers of predict are known from: endpointslices, dns or static.
# TYPE treehouse_gateway_discovery_source gauge
treehouse_gateway_discovery_source{source="endpointslices"} 1
# HELP treehouse_gateway_discovery_updates_total Changes of the set of predict's servers.
# TYPE treehouse_gateway_discovery_updates_total counter
treehouse_gateway_discovery_updates_total{source="endpointslices"} 4
`, "endpoints", "errors_total", "source", "updates_total")
	log := s.log.String()
	for text, times := range map[string]int{
		"cannot be asked for": 1, "can be asked for again": 1, "predict has no servers": 1, "servers are known": 2, "asking DNS": 0,
	} {
		if got := strings.Count(log, text); got != times {
			t.Errorf("%q is in the log %d times, want %d:\n%s", text, got, times, log)
		}
	}
}

// DNS is asked when Kubernetes cannot be asked at the start, until it can.
func TestServiceStartsWithDNS(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble any // that is reported; nil if nothing is
		change  func(*serviceBuilder)
	}{
		{"the API server is away", errAway, nil},
		{"the API server refuses", ErrRefused, nil},
		{"there is no API server", end{errors.New("not in a cluster")}, nil},
		{"the API server says nothing", nil, func(b *serviceBuilder) { b.patience = 10 * time.Millisecond }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, c.change)
			s.says("10.0.0.2 10.0.0.1")
			if c.trouble != nil {
				s.reports <- c.trouble
			}
			s.cc.wait(t, "10.0.0.1:9000 10.0.0.2:9000")
			s.says("10.0.0.1 10.0.0.3")
			s.cc.wait(t, "10.0.0.1:9000 10.0.0.3:9000")
			s.reports <- "10.0.0.4:9000"
			s.cc.wait(t, "10.0.0.4:9000")
			s.says("10.0.0.5") // nobody asks any more
			s.reports <- "10.0.0.4:9000 10.0.0.6:9000"
			s.cc.wait(t, "10.0.0.4:9000 10.0.0.6:9000")
			s.metrics(t, `
# HELP treehouse_gateway_discovery_source 1 where the servers of predict are known from: endpointslices, dns or static.
# TYPE treehouse_gateway_discovery_source gauge
treehouse_gateway_discovery_source{source="dns"} 0
treehouse_gateway_discovery_source{source="endpointslices"} 1
`, "source")
		})
	}
}

// With no answer from anywhere, callers are told so.
func TestServiceIsUnknown(t *testing.T) {
	s := start(t, nil)
	s.reports <- errAway
	s.cc.wait(t, "error: look up predict's servers: no such host")
}

// Who is refused for long no longer knows the truth; DNS may. A refusal that
// passes, as an API server gives when it starts, changes nothing.
func TestServiceIsRefusedLater(t *testing.T) {
	s := start(t, func(b *serviceBuilder) { b.grace = 200 * time.Millisecond })
	s.says("10.0.0.9")
	s.reports <- "10.0.0.1:9000"
	s.cc.wait(t, "10.0.0.1:9000")
	s.reports <- ErrRefused
	s.reports <- "10.0.0.1:9000"
	time.Sleep(300 * time.Millisecond)
	s.reports <- "10.0.0.2:9000"
	s.cc.wait(t, "10.0.0.2:9000")
	s.reports <- ErrRefused
	s.reports <- ErrRefused
	s.cc.wait(t, "10.0.0.9:9000")
	s.reports <- "10.0.0.2:9000" // as before, but no longer in use
	s.cc.wait(t, "10.0.0.2:9000")
}

// A watch that cannot begin is begun again.
func TestServiceBeginsAgain(t *testing.T) {
	s := start(t, nil)
	s.says("10.0.0.9")
	s.reports <- end{errors.New("no token yet")}
	s.cc.wait(t, "10.0.0.9:9000")
	<-s.begun
	s.reports <- "10.0.0.1:9000"
	s.cc.wait(t, "10.0.0.1:9000")
}

// A port's name is the same in DNS.
func TestPortByName(t *testing.T) {
	builder := &dnsBuilder{
		lookup: func(context.Context, string) ([]string, error) { return []string{"10.0.0.1"}, nil },
		lookupPort: func(_ context.Context, host, port string) (string, error) {
			if host != "predict" || port != "grpc" {
				t.Errorf("looked up %s of %s", port, host)
			}
			return "9001", nil
		},
		every: time.Hour,
	}
	cc := newConn()
	r, err := builder.Build(resolver.Target{URL: url.URL{Path: "/predict:grpc"}}, cc, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cc.wait(t, "10.0.0.1:9001")
}

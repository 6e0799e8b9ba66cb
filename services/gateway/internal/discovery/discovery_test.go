package discovery

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ target, scheme, err string }{
		{"dns:///predict-headless.treehouse.svc:9000", "dns", ""},
		{"k8s:///predict-headless:9000", "k8s", ""},
		{"k8s:///predict:grpc", "k8s", ""},
		{"127.0.0.1:9000", staticScheme, ""},
		{"localhost:9000, [::1]:9001", staticScheme, ""},
		{"", "", `"" is not host:port`},
		{"predict", "", `"predict" is not host:port`},
		{":9000", "", `":9000" is not host:port`},
		{"predict:http", "", `"predict:http" has no port`},
		{"predict:0", "", `has no port from 1 to 65535`},
		{"a:1,,b:2", "", `"" is not host:port`},
		{"dns:///predict", "", `"predict" is not host:port`},
		{"dns://predict:9000", "", "three slashes"},
		{"k8s:///predict", "", "is not service:port"},
		{"k8s://predict:9000", "", "three slashes"},
		{"k8s:///predict.other:9000", "", "in the pod's own namespace"},
		{"k8s:///:9000", "", "is not service:port"},
		{"k8s:///predict:", "", "has no port from 1 to 65535"},
		{"k8s:///predict:65536", "", "has no port from 1 to 65535"},
		{"k8s:///predict:gRPC", "", "nor the name of one"},
		{"unix:///run/predict", "", "expected k8s:///service:port, dns:///host:port"},
	} {
		builder, _, err := Parse(c.target, Options{Watch: new(watcher).watch})
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: got error %v, want %q", c.target, err, c.err)
			}
		case err != nil || builder.Scheme() != c.scheme:
			t.Errorf("%q: got %v, %v", c.target, builder, err)
		}
	}
}

// Not every program can watch Kubernetes.
func TestParseWithoutWatch(t *testing.T) {
	if _, _, err := Parse("k8s:///predict:9000", Options{}); err == nil || !strings.Contains(err.Error(), "cannot watch Kubernetes") {
		t.Errorf("got %v", err)
	}
}

func TestStatic(t *testing.T) {
	builder, _, err := Parse("a:1,b:2", Options{})
	if err != nil {
		t.Fatal(err)
	}
	cc := newConn()
	if _, err := builder.Build(resolver.Target{}, cc, resolver.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	cc.wait(t, "a:1 b:2")
}

// A server that is new in DNS is found by the next lookup; what DNS knew stays
// in use while it fails.
func TestDNS(t *testing.T) {
	answers := make(chan any)
	builder := &dnsBuilder{every: time.Millisecond, pause: 0, lookup: func(ctx context.Context, host string) ([]string, error) {
		if host != "predict" {
			t.Errorf("looked up %q", host)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case a := <-answers:
			if err, failed := a.(error); failed {
				return nil, err
			}
			return strings.Fields(a.(string)), nil
		}
	}}
	cc := newConn()
	r, err := builder.Build(resolver.Target{URL: url.URL{Path: "/predict:9000"}}, cc, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answers <- "10.0.0.2 10.0.0.1"
	cc.wait(t, "10.0.0.1:9000 10.0.0.2:9000")
	answers <- errors.New("server misbehaving")
	cc.wait(t, "error: look up predict's servers: server misbehaving")
	answers <- ""
	cc.wait(t, "error: look up predict's servers: predict has no addresses")
	answers <- "10.0.0.2 10.0.0.1" // the end of the errors is an update
	cc.wait(t, "10.0.0.1:9000 10.0.0.2:9000")
	answers <- "10.0.0.1 10.0.0.2" // no change, no update
	answers <- "10.0.0.1 fd00::3"
	cc.wait(t, "10.0.0.1:9000 [fd00::3]:9000")
	r.Close()
	select {
	case got := <-cc.updates:
		t.Errorf("after Close: %s", got)
	default:
	}
}

// A broken connection makes it look at once, but not more often than every pause.
func TestResolveNow(t *testing.T) {
	var mu sync.Mutex
	var at []time.Time
	builder := &dnsBuilder{every: time.Hour, pause: 20 * time.Millisecond, lookup: func(context.Context, string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		at = append(at, time.Now())
		return []string{"10.0.0.1"}, nil
	}}
	r, err := builder.Build(resolver.Target{URL: url.URL{Path: "/predict:9000"}}, newConn(), resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		r.ResolveNow(resolver.ResolveNowOptions{})
		time.Sleep(2 * time.Millisecond)
	}
	r.Close()
	if len(at) < 2 {
		t.Fatalf("%d lookups", len(at))
	}
	for i := range at[1:] {
		if d := at[i+1].Sub(at[i]); d < 20*time.Millisecond {
			t.Errorf("looked again after %v", d)
		}
	}
}

// conn writes down what a resolver tells it.
type conn struct {
	updates chan string
}

func newConn() *conn { return &conn{updates: make(chan string, 16)} }

func (c *conn) UpdateState(s resolver.State) error {
	var addresses []string
	for _, e := range s.Endpoints {
		addresses = append(addresses, e.Addresses[0].Addr)
	}
	if !slices.IsSorted(addresses) {
		return errors.New("not sorted")
	}
	c.updates <- strings.Join(addresses, " ")
	return nil
}

func (c *conn) ReportError(err error) { c.updates <- "error: " + err.Error() }

func (c *conn) NewAddress([]resolver.Address) {}

func (c *conn) ParseServiceConfig(string) *serviceconfig.ParseResult { return nil }

func (c *conn) wait(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-c.updates:
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	case <-time.After(5 * time.Second):
		t.Fatalf("nothing, want %q", want)
	}
}

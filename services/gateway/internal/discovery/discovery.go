// Package discovery finds the addresses of predict's servers and tells gRPC.
//
// A target is one of
//   - k8s:///service:port, a Service of the pod's own namespace, whose
//     EndpointSlices are watched, or while that is impossible, whose name is
//     looked up like the next one's;
//   - dns:///host:port, whose name is looked up again and again, so that
//     servers which come and go are noticed within seconds;
//   - a fixed list of host:port, separated by commas.
//
// It knows nothing of Kubernetes' client: who wants k8s targets hands in a
// [Watch].
package discovery

import (
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/resolver"
)

// Options are what finding servers needs besides the target. The zero value
// says nothing, counts nothing and knows no Kubernetes.
type Options struct {
	Log        *slog.Logger
	Registerer prometheus.Registerer
	Watch      Watch // of k8s targets; nil where they are not offered
}

// Parse checks a target. It returns what finds its servers and the target as
// [google.golang.org/grpc.NewClient] takes it, together with that resolver.
func Parse(target string, o Options) (resolver.Builder, string, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		return parseList(target, o)
	}
	endpoint := strings.TrimPrefix(rest, "/")
	var check func(string) error
	switch scheme {
	case "dns":
		check = checkEndpoint
	case "k8s":
		check = checkService
	default:
		return nil, "", fmt.Errorf("target %q: expected k8s:///service:port, dns:///host:port or a list of host:port", target)
	}
	if endpoint == rest {
		return nil, "", fmt.Errorf("target %q: expected three slashes, as in %s:///host:port", target, scheme)
	}
	if err := check(endpoint); err != nil {
		return nil, "", fmt.Errorf("target %q: %w", target, err)
	}
	dns := &dnsBuilder{lookup: net.DefaultResolver.LookupHost, lookupPort: lookupPort, every: 5 * time.Second, pause: time.Second}
	if scheme == "dns" {
		return observed{dns, fromDNS, newObserver(o)}, target, nil
	}
	if o.Watch == nil {
		return nil, "", fmt.Errorf("target %q: this program cannot watch Kubernetes; expected dns:///host:port or a list of host:port", target)
	}
	return &serviceBuilder{
		watch: o.Watch, dns: dns, observer: newObserver(o), log: o.Log,
		patience: 2 * time.Second, grace: 30 * time.Second, again: 15 * time.Second,
	}, target, nil
}

func parseList(target string, o Options) (resolver.Builder, string, error) {
	var list static
	for endpoint := range strings.SplitSeq(target, ",") {
		endpoint = strings.TrimSpace(endpoint)
		if err := checkEndpoint(endpoint); err != nil {
			return nil, "", fmt.Errorf("target %q: %w", target, err)
		}
		list = append(list, endpoint)
	}
	return observed{list, fromList, newObserver(o)}, staticScheme + ":///predict", nil
}

func checkEndpoint(endpoint string) error {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not host:port", endpoint)
	}
	return checkPort(endpoint, port)
}

func checkPort(endpoint, port string) error {
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q has no port from 1 to 65535", endpoint)
	}
	return nil
}

// label is what Kubernetes calls Services and their ports.
var label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// checkService takes the name of a port, too.
func checkService(endpoint string) error {
	service, port, ok := strings.Cut(endpoint, ":")
	if !ok || !label.MatchString(service) {
		return fmt.Errorf("%q is not service:port, of a Service in the pod's own namespace", endpoint)
	}
	if strings.ContainsFunc(port, func(r rune) bool { return r < '0' || r > '9' }) {
		if !label.MatchString(port) {
			return fmt.Errorf("%q has neither a port from 1 to 65535 nor the name of one", endpoint)
		}
		return nil
	}
	return checkPort(endpoint, port)
}

const staticScheme = "treehouse-static"

// static is a fixed list of endpoints.
type static []string

func (static) Scheme() string { return staticScheme }

func (s static) Build(_ resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	return s, cc.UpdateState(state(s))
}

func (static) ResolveNow(resolver.ResolveNowOptions) {}

func (static) Close() {}

// state is one endpoint an address: each is a server of its own.
func state(addresses []string) resolver.State {
	var s resolver.State
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: a}}})
	}
	return s
}

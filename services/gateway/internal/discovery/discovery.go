// Package discovery finds the addresses of predict's servers and tells gRPC.
//
// A target is dns:///host:port, whose name is looked up again and again, so
// that servers which come and go are noticed within seconds, or a fixed list
// of host:port, separated by commas.
package discovery

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/resolver"
)

// Parse checks a target. It returns what finds its servers and the target as
// [google.golang.org/grpc.NewClient] takes it, together with that resolver.
func Parse(target string) (resolver.Builder, string, error) {
	if scheme, rest, ok := strings.Cut(target, "://"); ok {
		if scheme != "dns" {
			return nil, "", fmt.Errorf("target %q: expected dns:///host:port or a list of host:port", target)
		}
		endpoint := strings.TrimPrefix(rest, "/")
		if endpoint == rest {
			return nil, "", fmt.Errorf("target %q: expected three slashes, as in dns:///host:port", target)
		}
		if err := checkEndpoint(endpoint); err != nil {
			return nil, "", fmt.Errorf("target %q: %w", target, err)
		}
		return &dnsBuilder{lookup: net.DefaultResolver.LookupHost, every: 5 * time.Second, pause: time.Second}, target, nil
	}
	var list static
	for endpoint := range strings.SplitSeq(target, ",") {
		endpoint = strings.TrimSpace(endpoint)
		if err := checkEndpoint(endpoint); err != nil {
			return nil, "", fmt.Errorf("target %q: %w", target, err)
		}
		list = append(list, endpoint)
	}
	return list, staticScheme + ":///predict", nil
}

func checkEndpoint(endpoint string) error {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not host:port", endpoint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q has no port from 1 to 65535", endpoint)
	}
	return nil
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

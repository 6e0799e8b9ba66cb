package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// A dialer connects to the address that a name had when it was looked up first:
// a Service keeps its own. What is measured are the services, and not whether
// the cluster's name server answers at every connection.
type dialer struct {
	net.Dialer
	lookup func(ctx context.Context, host string) ([]string, error)

	mu    sync.Mutex
	known map[string]string // by host
}

func newDialer(timeout time.Duration) *dialer {
	return &dialer{Dialer: net.Dialer{Timeout: timeout}, lookup: net.DefaultResolver.LookupHost, known: map[string]string{}}
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ip, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	return d.DialContext(ctx, network, net.JoinHostPort(ip, port))
}

func (d *dialer) resolve(ctx context.Context, host string) (string, error) {
	d.mu.Lock()
	ip := d.known[host]
	d.mu.Unlock()
	if ip != "" {
		return ip, nil
	}
	found, err := d.lookup(ctx, host)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[host] == "" {
		d.known[host] = found[0]
	}
	return d.known[host], nil
}

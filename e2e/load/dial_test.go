package main

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// A name is looked up until it is found, and then never again.
func TestDialer(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	lookups := 0
	d := newDialer(time.Second)
	d.lookup = func(_ context.Context, host string) ([]string, error) {
		if lookups++; lookups == 1 {
			return nil, errors.New("i/o timeout")
		}
		if host != "gateway" {
			t.Errorf("looked up %q", host)
		}
		return []string{"127.0.0.1"}, nil
	}
	for i := range 4 {
		conn, err := d.dial(t.Context(), "tcp", net.JoinHostPort("gateway", port))
		if (err != nil) != (i == 0) {
			t.Fatalf("dial %d: %v", i, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	if lookups != 2 {
		t.Errorf("%d lookups, want 2", lookups)
	}
}

package endpointslice

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/upstream"

	discoveryv1 "k8s.io/api/discovery/v1"
)

// pod is a server of predict, whose calls take a moment, in a slice of its own:
// all pods have the address 127.0.0.1, which no real slice may have, and are
// told apart by their ports.
type pod struct {
	predictv1.UnimplementedPredictServiceServer
	name    string
	address netip.AddrPort
	server  *grpc.Server
	health  *health.Server
	calls   atomic.Int64
	first   atomic.Int64 // time of the first call
	within  atomic.Int64 // calls in flight
}

func startPod(t *testing.T, name string) *pod {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pod{name: name, address: listener.Addr().(*net.TCPAddr).AddrPort(), server: grpc.NewServer(), health: health.NewServer()}
	predictv1.RegisterPredictServiceServer(p.server, p)
	grpc_health_v1.RegisterHealthServer(p.server, p.health)
	go func() { _ = p.server.Serve(listener) }()
	t.Cleanup(p.server.Stop)
	return p
}

func (p *pod) Predict(context.Context, *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	p.first.CompareAndSwap(0, time.Now().UnixNano())
	p.calls.Add(1)
	p.within.Add(1)
	defer p.within.Add(-1)
	time.Sleep(5 * time.Millisecond)
	return &predictv1.PredictResponse{}, nil
}

func (p *pod) slice(c discoveryv1.EndpointConditions) *discoveryv1.EndpointSlice {
	return slice(discoveryv1.AddressTypeIPv4, ports("grpc", int32(p.address.Port())), of(p.name, endpoint(c, "127.0.0.1"))).(*discoveryv1.EndpointSlice)
}

// quietFor waits until the pod gets no more calls.
func (p *pod) quietFor(t *testing.T, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		before := p.calls.Load()
		time.Sleep(d)
		if p.calls.Load() == before && p.within.Load() == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s still gets calls", p.name)
		}
	}
}

// Pods come, terminate and go, and the API server with them, under load: no
// call fails, new pods get calls soon, leaving ones none, and all of them the
// same number.
func TestNoCallFails(t *testing.T) {
	a := startAPI(t, true)
	pods := make([]*pod, 4)
	for i := range pods {
		pods[i] = startPod(t, fmt.Sprintf("pod-%d", i))
	}
	a.put("0", pods[0].slice(ready))
	watch := func(ctx context.Context, service, port string, log *slog.Logger, report discovery.Report) error {
		return a.cluster().watch(ctx, service, port, log, report)
	}
	conn, err := upstream.Connect("k8s:///predict:grpc", discovery.Options{Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	client := predictv1.NewPredictServiceClient(conn)

	ctx, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	var made, failed atomic.Int64
	for range 8 {
		callers.Go(func() {
			for ctx.Err() == nil {
				made.Add(1)
				if _, err := client.Predict(t.Context(), &predictv1.PredictRequest{}); err != nil && failed.Add(1) <= 5 {
					t.Error(err)
				}
			}
		})
	}
	defer callers.Wait()
	defer stop()

	join := func(p *pod) {
		t.Helper()
		start := time.Now()
		p.first.Store(0)
		a.put(p.name, p.slice(ready))
		for p.first.Load() == 0 {
			if time.Since(start) > 5*time.Second {
				t.Fatalf("%s has no calls after 5 seconds", p.name)
			}
			time.Sleep(time.Millisecond)
		}
	}
	// leave is what happens to a pod that is deleted.
	leave := func(p *pod, slice string) {
		t.Helper()
		a.put(slice, p.slice(leaving))
		p.quietFor(t, 50*time.Millisecond)
		p.health.Shutdown()
		a.put(slice, nil)
		p.server.GracefulStop()
	}

	join(pods[1])
	join(pods[2])
	before := [3]int64{pods[0].calls.Load(), pods[1].calls.Load(), pods[2].calls.Load()}
	time.Sleep(300 * time.Millisecond)
	least, most := int64(1<<62), int64(0)
	for i := range before {
		n := pods[i].calls.Load() - before[i]
		least, most = min(least, n), max(most, n)
	}
	if least == 0 || most-least > 16 { // those in flight at both ends
		t.Errorf("three servers got from %d to %d calls", least, most)
	}

	leave(pods[0], "0")
	a.stop() // the API server is away: nothing changes
	time.Sleep(200 * time.Millisecond)
	a.start(a.address)
	join(pods[3])
	leave(pods[1], pods[1].name)
	leave(pods[2], pods[2].name)

	// The last one goes: while it serves, it gets what there is.
	a.put(pods[3].name, pods[3].slice(leaving))
	served := pods[3].calls.Load()
	time.Sleep(100 * time.Millisecond)
	if pods[3].calls.Load() == served {
		t.Error("the last pod gets nothing while it terminates")
	}
	stop()
	callers.Wait()
	if failed.Load() > 0 || made.Load() < 100 {
		t.Errorf("%d of %d calls failed", failed.Load(), made.Load())
	}
}

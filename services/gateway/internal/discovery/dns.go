package discovery

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc/resolver"
)

// dnsBuilder resolves a name periodically. gRPC's own resolver looks again
// only when a connection breaks, and then at most every 30 seconds: new
// servers would stay idle until an old one goes.
type dnsBuilder struct {
	lookup     func(ctx context.Context, host string) ([]string, error)
	lookupPort func(ctx context.Context, host, port string) (string, error) // of a port's name
	every      time.Duration                                                // between two lookups
	pause      time.Duration                                                // at least, even when a connection breaks
}

// lookupTimeout bounds one lookup, so that a dead name server is reported.
const lookupTimeout = 3 * time.Second

func (*dnsBuilder) Scheme() string { return "dns" }

func (b *dnsBuilder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	host, port, err := net.SplitHostPort(target.Endpoint())
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", target.String(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &dnsResolver{dnsBuilder: b, host: host, port: port, cc: cc,
		cancel: cancel, now: make(chan struct{}, 1), done: make(chan struct{})}
	go r.watch(ctx)
	return r, nil
}

type dnsResolver struct {
	*dnsBuilder
	host, port string
	cc         resolver.ClientConn
	cancel     context.CancelFunc
	now        chan struct{} // holds a wish to look again at once
	done       chan struct{}
}

func (r *dnsResolver) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case r.now <- struct{}{}:
	default:
	}
}

func (r *dnsResolver) Close() {
	r.cancel()
	<-r.done
}

func (r *dnsResolver) watch(ctx context.Context) {
	defer close(r.done)
	var known []string
	for {
		if found, err := r.resolve(ctx); err != nil {
			// The addresses of the last answer stay in use: a name server that
			// is down must not take the service with it.
			known = nil // so that gRPC hears of the end of the error
			r.cc.ReportError(err)
		} else if known == nil || !slices.Equal(found, known) {
			known = found
			// An error means that gRPC wants another lookup; it gets one anyway.
			_ = r.cc.UpdateState(state(found))
		}
		if !r.sleep(ctx, r.pause, nil) || !r.sleep(ctx, r.every-r.pause, r.now) {
			return
		}
	}
}

// sleep waits for d, or less when wake yields. It reports false at the end.
func (r *dnsResolver) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return true
}

// resolve returns the addresses in a fixed order.
func (r *dnsResolver) resolve(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	hosts, err := r.lookup(ctx, r.host)
	if err != nil {
		return nil, fmt.Errorf("look up predict's servers: %w", err)
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("look up predict's servers: %s has no addresses", r.host)
	}
	port := r.port
	if checkPort(port, port) != nil {
		if port, err = r.lookupPort(ctx, r.host, port); err != nil {
			return nil, fmt.Errorf("look up predict's port: %w", err)
		}
	}
	addresses := make([]string, 0, len(hosts))
	for _, host := range hosts {
		addresses = append(addresses, net.JoinHostPort(host, port))
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), nil
}

// lookupPort asks for the number of a Service's port by its name. Kubernetes
// has it at _name._tcp.service.
func lookupPort(ctx context.Context, host, port string) (string, error) {
	_, records, err := net.DefaultResolver.LookupSRV(ctx, port, "tcp", host)
	if err != nil {
		return "", err
	}
	if len(records) == 0 {
		return "", fmt.Errorf("%s has no port %s", host, port)
	}
	return strconv.Itoa(int(records[0].Port)), nil
}

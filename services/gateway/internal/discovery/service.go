package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/resolver"
)

// A Watch reports the servers of a port of a Service in the pod's own
// namespace: the whole set as soon as it is known and whenever it may have
// changed, and each failed attempt, which it follows with another. port is a
// number or a name. It returns when ctx ends, or when it cannot begin.
type Watch func(ctx context.Context, service, port string, log *slog.Logger, report Report) error

// Report takes a set of servers, or an error and no set. It may be called from
// several goroutines.
type Report func(servers []resolver.Endpoint, err error)

// ErrRefused is in the errors of a [Watch] that got an answer, which was no:
// it is not known, or not allowed to look. Waiting does not help then.
var ErrRefused = errors.New("refused")

// serviceBuilder resolves k8s targets.
type serviceBuilder struct {
	watch Watch
	dns   resolver.Builder
	*observer
	log *slog.Logger

	patience time.Duration // at the start, before DNS is asked
	grace    time.Duration // for refusals later: an API server that starts gives some
	again    time.Duration // between attempts to begin to watch
}

func (*serviceBuilder) Scheme() string { return "k8s" }

func (b *serviceBuilder) Build(target resolver.Target, cc resolver.ClientConn, o resolver.BuildOptions) (resolver.Resolver, error) {
	service, port, ok := strings.Cut(target.Endpoint(), ":")
	if !ok {
		return nil, fmt.Errorf("target %s: expected k8s:///service:port", target.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &serviceResolver{serviceBuilder: b, target: target, options: o, cc: cc, cancel: cancel,
		news: make(chan news), now: make(chan struct{}, 1), done: make(chan struct{})}
	go r.keepWatching(ctx, service, port)
	go r.run(ctx)
	return r, nil
}

type news struct {
	servers []resolver.Endpoint
	err     error
}

// serviceResolver uses what the watch reports. It asks DNS instead from when
// the watch has nothing for a while, or is refused, until it has something. An
// API server that is away later changes nothing: what is known stays in use.
type serviceResolver struct {
	*serviceBuilder
	target  resolver.Target
	options resolver.BuildOptions
	cc      resolver.ClientConn
	cancel  context.CancelFunc
	news    chan news
	now     chan struct{} // holds a wish to look again at once
	done    chan struct{}

	// Of run alone:
	known    []resolver.Endpoint // what the watch reported last
	watching bool                // it reported something
	fallback resolver.Resolver   // DNS, while it is asked
	timer    *time.Timer         // runs until DNS is asked
	timing   bool
}

func (r *serviceResolver) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case r.now <- struct{}{}:
	default:
	}
}

func (r *serviceResolver) Close() {
	r.cancel()
	<-r.done
}

// keepWatching begins again when the watch cannot begin, forever: what it
// lacks, say a token, may come.
func (r *serviceResolver) keepWatching(ctx context.Context, service, port string) {
	report := func(servers []resolver.Endpoint, err error) {
		select {
		case r.news <- news{servers, err}:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil {
		if err := r.watch(ctx, service, port, r.log, report); err != nil {
			report(nil, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.again + rand.N(r.again)): //nolint:gosec // spreads attempts, hides nothing
		}
	}
}

func (r *serviceResolver) run(ctx context.Context) {
	defer close(r.done)
	r.timer, r.timing = time.NewTimer(r.patience), true
	defer r.timer.Stop()
	defer r.leaveDNS()
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-r.news:
			if n.err != nil {
				r.watchFailed(n.err)
			} else {
				r.use(n.servers)
			}
		case <-r.timer.C:
			r.timing = false
			r.askDNS()
		case <-r.now:
			if r.fallback != nil {
				r.fallback.ResolveNow(resolver.ResolveNowOptions{})
			}
		}
	}
}

// use takes the servers that the watch found.
func (r *serviceResolver) use(servers []resolver.Endpoint) {
	r.timer.Stop()
	r.timing = false
	if r.watching && r.fallback == nil && slices.EqualFunc(servers, r.known, sameEndpoint) {
		r.answered(fromSlices)
		return
	}
	r.leaveDNS()
	r.known, r.watching = servers, true
	r.updated(fromSlices, len(servers))
	// An error means that gRPC wants a new set: it gets one when there is one.
	_ = r.cc.UpdateState(resolver.State{Endpoints: servers})
}

func (r *serviceResolver) watchFailed(err error) {
	r.failure(fromSlices, err)
	switch {
	case r.fallback != nil:
	case !r.watching:
		r.askDNS()
	case errors.Is(err, ErrRefused) && !r.timing:
		r.timer.Reset(r.grace)
		r.timing = true
	}
}

func (r *serviceResolver) askDNS() {
	if r.fallback != nil {
		return
	}
	fallback, err := observed{r.dns, fromDNS, r.observer}.Build(r.target, r.cc, r.options)
	if err != nil {
		r.cc.ReportError(err)
		return
	}
	r.log.Warn("Kubernetes does not tell predict's servers; asking DNS", "target", r.target.Endpoint())
	r.fallback = fallback
}

// leaveDNS returns when DNS can no longer change anything.
func (r *serviceResolver) leaveDNS() {
	if r.fallback != nil {
		r.fallback.Close()
		r.fallback = nil
	}
}

func sameEndpoint(a, b resolver.Endpoint) bool {
	return slices.EqualFunc(a.Addresses, b.Addresses, func(a, b resolver.Address) bool { return a.Addr == b.Addr })
}

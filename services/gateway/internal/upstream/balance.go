package upstream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/endpointsharding"
	"google.golang.org/grpc/balancer/pickfirst"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
)

// policy is the balancer's name in the service config. Every call goes to the
// next server in turn, of those with the fewest calls that are not answered:
// among servers that are alike this is round robin, and one that is frozen, or
// slow, or behind a broken link collects a few calls and then gets no more,
// long before its connection is known to be dead.
//
// gRPC's own least_request draws servers at random, may draw the same twice,
// and forgets a silent server as soon as its callers give up.
const policy = "treehouse_fewest_unanswered"

// A call that ended without a word of the server counts as unanswered for a
// while, so that a silent server is tried now and then, not all the time. At
// most maxSilent count so: callers that give up early must not shut a server out.
const (
	silence   = 5 * time.Second
	maxSilent = 8
)

func init() { balancer.Register(builder{}) }

type builder struct{}

func (builder) Name() string { return policy }

func (builder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	s := &spread{ClientConn: cc, servers: resolver.NewEndpointMap[*server]()}
	return &healthy{endpointsharding.NewBalancer(s, o, balancer.Get(pickfirst.Name).Build, endpointsharding.Options{})}
}

// healthy has each server's health watched.
type healthy struct{ balancer.Balancer }

func (h *healthy) UpdateClientConnState(s balancer.ClientConnState) error {
	return h.Balancer.UpdateClientConnState(balancer.ClientConnState{ResolverState: pickfirst.EnableHealthListener(s.ResolverState)})
}

// spread is told which servers are ready, and makes the picker over them.
type spread struct {
	balancer.ClientConn
	next atomic.Uint32 // whose turn it is

	mu      sync.Mutex
	servers *resolver.EndpointMap[*server] // that are ready
}

func (s *spread) UpdateState(state balancer.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &picker{next: &s.next}
	known := resolver.NewEndpointMap[*server]()
	for _, child := range endpointsharding.ChildStatesFromPicker(state.Picker) {
		if child.State.ConnectivityState != connectivity.Ready {
			continue
		}
		srv, ok := s.servers.Get(child.Endpoint)
		if !ok {
			srv = new(server)
			srv.done = srv.ended
		}
		known.Set(child.Endpoint, srv)
		p.ready = append(p.ready, ready{srv, child.State.Picker})
	}
	s.servers = known
	if len(p.ready) > 0 { // else the picker says why none is
		state.Picker = p
	}
	s.ClientConn.UpdateState(state)
}

// A server is one that is ready.
type server struct {
	unanswered atomic.Int32
	silent     atomic.Int32 // of these: calls that have ended
	done       func(balancer.DoneInfo)
}

// ended is told of the end of a call.
func (s *server) ended(info balancer.DoneInfo) {
	if info.Err != nil && info.BytesSent && !info.BytesReceived {
		if code := status.Code(info.Err); code == codes.DeadlineExceeded || code == codes.Canceled {
			if s.silent.Add(1) <= maxSilent {
				time.AfterFunc(silence, s.forget)
				return
			}
			s.silent.Add(-1)
		}
	}
	s.unanswered.Add(-1)
}

func (s *server) forget() {
	s.silent.Add(-1)
	s.unanswered.Add(-1)
}

type ready struct {
	server *server
	child  balancer.Picker
}

type picker struct {
	next  *atomic.Uint32
	ready []ready
}

// most bounds how many servers one pick looks at.
const most = 32

// errAlone refuses a second attempt where there is no second server.
var errAlone = status.Error(codes.FailedPrecondition, "there is no other server")

func (p *picker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	n := len(p.ready)
	start := int(p.next.Add(1) % uint32(n))
	h := hedgeOf(info.Ctx)
	not := h.avoids()
	best, fewest := -1, int32(0)
	for i := range min(n, most) {
		at := start + i
		if at >= n {
			at -= n
		}
		if s := p.ready[at].server; s != not {
			if calls := s.unanswered.Load(); best < 0 || calls < fewest {
				best, fewest = at, calls
			}
		}
	}
	if best < 0 {
		return balancer.PickResult{}, errAlone
	}
	chosen := p.ready[best]
	result, err := chosen.child.Pick(info)
	if err != nil {
		return result, err
	}
	h.picked(chosen.server)
	chosen.server.unanswered.Add(1)
	done := result.Done
	if result.Done = chosen.server.done; done != nil {
		result.Done = func(info balancer.DoneInfo) {
			chosen.server.done(info)
			done(info)
		}
	}
	return result, nil
}

// An attempt is the context of a call, so that the balancer sends a second one
// to another server than the first.
type attempt struct {
	context.Context
	at     *atomic.Pointer[server] // that the first attempt went to
	second bool
}

type attemptKey struct{}

// Value implements [context.Context].
func (a *attempt) Value(key any) any {
	if key == (attemptKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func hedgeOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

func (a *attempt) avoids() *server {
	if a == nil || !a.second {
		return nil
	}
	return a.at.Load()
}

func (a *attempt) picked(s *server) {
	if a != nil && !a.second {
		a.at.Store(s)
	}
}

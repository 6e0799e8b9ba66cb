package upstream

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// hedgeAfter is how long a call waits for its server before another one is
// asked, too; less where the deadline is nearer than twice that. It is far
// more than a prediction takes, and less than callers wait for one.
const hedgeAfter = 500 * time.Millisecond

// Second attempts are at most one in ten calls, in bursts of fifty: when all
// servers are slow, asking each twice would only make them slower.
const (
	fullBudget = 500 // in tenths of an attempt
	attempted  = 10
	answered   = 1
)

// A hedger asks a second server when the first says nothing: a predict that
// is frozen, or gone without a word, costs its callers half a second and not
// their deadline, until the connection is known to be dead. The first answer
// counts; the other attempt is cancelled. Predictions have no side effects.
type hedger struct {
	after  time.Duration
	budget atomic.Int64
	asked  prometheus.Counter
	saved  prometheus.Counter
}

func newHedger(after time.Duration, reg prometheus.Registerer) *hedger {
	counter := promauto.With(reg).NewCounter
	h := &hedger{after: after,
		asked: counter(prometheus.CounterOpts{Name: "treehouse_gateway_hedges_total",
			Help: "Calls for which a second predict was asked, because the first said nothing."}),
		saved: counter(prometheus.CounterOpts{Name: "treehouse_gateway_hedges_won_total",
			Help: "Calls that the second predict answered first."}),
	}
	h.budget.Store(fullBudget)
	return h
}

// once are the methods that have effects.
var once = map[string]bool{
	inference.GRPCInferenceService_RepositoryModelLoad_FullMethodName:   true,
	inference.GRPCInferenceService_RepositoryModelUnload_FullMethodName: true,
}

// call is a unary interceptor.
func (h *hedger) call(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	message, ok := reply.(proto.Message)
	if !ok || once[method] {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	after := h.after
	if deadline, ok := ctx.Deadline(); ok {
		after = min(after, time.Until(deadline)/2)
	}
	c := &hedged{h: h, method: method, req: req, reply: message, cc: cc, invoke: invoke, opts: opts}
	first, cancel := context.WithCancel(ctx)
	defer cancel()
	c.caller, c.cancelFirst = ctx, cancel
	c.first = attempt{Context: first, at: &c.at}
	c.ended.Add(1)
	timer := time.AfterFunc(after, c.second)
	err := invoke(&c.first, method, req, reply, cc, opts...)
	if timer.Stop() {
		h.earn(err)
		return err
	}
	if err == nil || status.Code(err) != codes.Unavailable && status.Code(err) != codes.Canceled {
		c.enough()
	}
	c.ended.Wait() // the request is the caller's again when this returns
	if err != nil && c.answer != nil {
		h.saved.Inc()
		proto.Reset(message)
		proto.Merge(message, c.answer)
		c.handOver()
		return nil
	}
	return err
}

// hedged is a call that may need a second attempt. Hardly any does, so that
// little is made before one begins.
type hedged struct {
	h           *hedger
	caller      context.Context
	method      string
	req         any
	reply       proto.Message
	cc          *grpc.ClientConn
	invoke      grpc.UnaryInvoker
	opts        []grpc.CallOption
	first       attempt
	at          atomic.Pointer[server] // that the first attempt went to
	cancelFirst context.CancelFunc

	ended  sync.WaitGroup // the second attempt, or that there was none
	answer proto.Message  // of the second attempt, if it has one
	header metadata.MD    // of that answer

	mu           sync.Mutex
	over         bool // no second attempt is wanted any more
	cancelSecond context.CancelFunc
}

// second asks another server.
func (c *hedged) second() {
	defer c.ended.Done()
	if c.at.Load() == nil || !c.h.spend() { // no server yet: gRPC waits for one
		return
	}
	ctx, cancel := context.WithCancel(c.caller)
	defer cancel()
	if !c.wanted(cancel) {
		return
	}
	c.h.asked.Inc()
	answer := c.reply.ProtoReflect().New().Interface()
	if c.invoke(&attempt{Context: ctx, at: &c.at, second: true}, c.method, c.req, answer, c.cc, append(alone(c.opts), grpc.Header(&c.header))...) == nil {
		c.answer = answer
		c.cancelFirst()
	}
}

// handOver writes the second answer's header where the caller wants the first's.
func (c *hedged) handOver() {
	for _, o := range c.opts {
		if h, ok := o.(grpc.HeaderCallOption); ok {
			*h.HeaderAddr = c.header
		}
	}
}

func (c *hedged) wanted(cancel context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelSecond = cancel
	return !c.over
}

// enough ends the second attempt, or has none begin.
func (c *hedged) enough() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over = true; c.cancelSecond != nil {
		c.cancelSecond()
	}
}

// alone are the options without those that both attempts would write to.
func alone(opts []grpc.CallOption) []grpc.CallOption {
	return slices.DeleteFunc(slices.Clone(opts), func(o grpc.CallOption) bool {
		switch o.(type) {
		case grpc.HeaderCallOption, grpc.TrailerCallOption, grpc.PeerCallOption:
			return true
		}
		return false
	})
}

// spend takes an attempt out of the budget, of which half is always kept: a
// budget that is empty must fill for a while before it is spent again.
func (h *hedger) spend() bool {
	for {
		has := h.budget.Load()
		if has < fullBudget/2 {
			return false
		}
		if h.budget.CompareAndSwap(has, has-attempted) {
			return true
		}
	}
}

// earn puts a little in for a call that was answered at once.
func (h *hedger) earn(err error) {
	if err != nil {
		return
	}
	if has := h.budget.Load(); has < fullBudget {
		h.budget.CompareAndSwap(has, has+answered) // or another call's counts
	}
}

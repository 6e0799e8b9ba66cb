package upstream

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
)

// A predict answers with its name, or while frozen not at all.
type predict struct {
	predictv1.UnimplementedPredictServiceServer
	inference.UnimplementedGRPCInferenceServiceServer
	address string
	frozen  atomic.Bool
	err     atomic.Pointer[error]
	calls   atomic.Int64
}

func startPredict(t *testing.T) *predict {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &predict{address: listener.Addr().String()}
	g := grpc.NewServer()
	predictv1.RegisterPredictServiceServer(g, p)
	inference.RegisterGRPCInferenceServiceServer(g, p)
	grpc_health_v1.RegisterHealthServer(g, health.NewServer())
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	return p
}

func (p *predict) come(ctx context.Context) error {
	p.calls.Add(1)
	if p.frozen.Load() {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (p *predict) Predict(ctx context.Context, _ *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	_ = grpc.SetHeader(ctx, metadata.Pairs("from", p.address))
	return &predictv1.PredictResponse{Model: p.address}, p.come(ctx)
}

func (p *predict) RepositoryModelLoad(ctx context.Context, _ *inference.RepositoryModelLoadRequest) (*inference.RepositoryModelLoadResponse, error) {
	return &inference.RepositoryModelLoadResponse{}, p.come(ctx)
}

func connect(t *testing.T, reg *prometheus.Registry, predicts ...*predict) *grpc.ClientConn {
	t.Helper()
	var addresses []string
	for _, p := range predicts {
		addresses = append(addresses, p.address)
	}
	conn, err := Connect(strings.Join(addresses, ","), discovery.Options{Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := predictv1.NewPredictServiceClient(conn)
	seen := map[string]bool{}
	for end := time.Now().Add(10 * time.Second); len(seen) < len(predicts) && time.Now().Before(end); {
		if resp, err := client.Predict(t.Context(), &predictv1.PredictRequest{}); err == nil {
			seen[resp.GetModel()] = true
		}
	}
	for _, p := range predicts {
		p.calls.Store(0)
	}
	return conn
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Among servers that are alike every call goes to the next.
func TestInTurn(t *testing.T) {
	predicts := []*predict{startPredict(t), startPredict(t), startPredict(t)}
	client := predictv1.NewPredictServiceClient(connect(t, prometheus.NewRegistry(), predicts...))
	for range 30 {
		if _, err := client.Predict(t.Context(), &predictv1.PredictRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range predicts {
		if n := p.calls.Load(); n != 10 {
			t.Errorf("one of three servers got %d of 30 calls", n)
		}
	}
}

// A server that is frozen costs no call more than hedgeAfter, gets few calls,
// and gets its share when it answers again.
func TestFrozen(t *testing.T) {
	predicts := []*predict{startPredict(t), startPredict(t), startPredict(t)}
	reg := prometheus.NewRegistry()
	client := predictv1.NewPredictServiceClient(connect(t, reg, predicts...))
	predicts[0].frozen.Store(true)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 200 {
				begin := time.Now()
				var header metadata.MD
				resp, err := client.Predict(within(t, 5*time.Second), &predictv1.PredictRequest{}, grpc.Header(&header))
				if took := time.Since(begin); err != nil || resp.GetModel() == "" || took > hedgeAfter+2*time.Second {
					t.Errorf("%v, %v after %v", resp, err, took)
				}
				if from := header["from"]; len(from) != 1 || from[0] != resp.GetModel() {
					t.Errorf("the answer of %s has the header of %v", resp.GetModel(), from)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	callers.Wait()
	if n := predicts[0].calls.Load(); n == 0 || n > 40 {
		t.Errorf("the frozen server got %d of 800 calls", n)
	}
	metrics := `# HELP treehouse_gateway_hedges_won_total Calls that the second predict answered first.
# TYPE treehouse_gateway_hedges_won_total counter
treehouse_gateway_hedges_won_total ` + fmt.Sprint(predicts[0].calls.Load()) + "\n"
	if err := testutil.GatherAndCompare(reg, strings.NewReader(metrics), "treehouse_gateway_hedges_won_total"); err != nil {
		t.Error(err)
	}
	predicts[0].frozen.Store(false)
	predicts[0].calls.Store(0)
	for end := time.Now().Add(silence + 5*time.Second); predicts[0].calls.Load() < 10; {
		if time.Now().After(end) {
			t.Fatal("the server that answers again gets no calls")
		}
		if _, err := client.Predict(t.Context(), &predictv1.PredictRequest{}); err != nil {
			t.Fatal(err)
		}
	}
}

// With all servers frozen calls end with their deadline, and hardly more are
// made than callers made.
func TestAllFrozen(t *testing.T) {
	predicts := []*predict{startPredict(t), startPredict(t)}
	client := predictv1.NewPredictServiceClient(connect(t, prometheus.NewRegistry(), predicts...))
	for _, p := range predicts {
		p.frozen.Store(true)
	}
	var callers sync.WaitGroup
	for range 200 {
		callers.Go(func() {
			begin := time.Now()
			_, err := client.Predict(within(t, 300*time.Millisecond), &predictv1.PredictRequest{})
			if took := time.Since(begin); status.Code(err) != codes.DeadlineExceeded || took > 2*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
	callers.Wait()
	if n := predicts[0].calls.Load() + predicts[1].calls.Load(); n > 200+fullBudget/2/attempted+1 {
		t.Errorf("200 callers made %d calls", n)
	}
}

// An error that tells something is the answer; a call with effects is made
// once; where there is one server, it is asked once.
func TestNoSecondAttempt(t *testing.T) {
	refusal := status.Error(codes.InvalidArgument, "no")
	one, other := startPredict(t), startPredict(t)
	conn := connect(t, prometheus.NewRegistry(), one, other)
	one.err.Store(&refusal)
	other.err.Store(&refusal)
	if _, err := predictv1.NewPredictServiceClient(conn).Predict(within(t, time.Second), &predictv1.PredictRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v", err)
	}
	one.frozen.Store(true)
	other.frozen.Store(true)
	one.calls.Store(0)
	other.calls.Store(0)
	_, err := inference.NewGRPCInferenceServiceClient(conn).RepositoryModelLoad(within(t, 300*time.Millisecond), &inference.RepositoryModelLoadRequest{})
	if n := one.calls.Load() + other.calls.Load(); status.Code(err) != codes.DeadlineExceeded || n != 1 {
		t.Errorf("a load was asked for %d times: %v", n, err)
	}

	alone := startPredict(t)
	client := predictv1.NewPredictServiceClient(connect(t, prometheus.NewRegistry(), alone))
	alone.frozen.Store(true)
	_, err = client.Predict(within(t, 300*time.Millisecond), &predictv1.PredictRequest{})
	if n := alone.calls.Load(); status.Code(err) != codes.DeadlineExceeded || n != 1 {
		t.Errorf("the only server was asked %d times: %v", n, err)
	}
}

// Cancelled calls do not add up: the server counts none when all have ended.
func TestSilentCallsAreForgotten(t *testing.T) {
	s := new(server)
	s.unanswered.Store(3 * maxSilent)
	for range 3 * maxSilent {
		s.ended(balancerDone(status.Error(codes.Canceled, "")))
	}
	if n := s.unanswered.Load(); n != maxSilent {
		t.Errorf("%d calls count as unanswered, want %d", n, maxSilent)
	}
	for range maxSilent {
		s.forget()
	}
	if s.unanswered.Load() != 0 || s.silent.Load() != 0 {
		t.Errorf("%d unanswered, %d silent", s.unanswered.Load(), s.silent.Load())
	}
}

func balancerDone(err error) balancer.DoneInfo { return balancer.DoneInfo{Err: err, BytesSent: true} }

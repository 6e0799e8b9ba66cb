package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // the balancer watches it
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// balanced is a connection to several servers that does not retry.
func balanced(t *testing.T, servers ...*service) predictv1.PredictServiceClient {
	t.Helper()
	var state resolver.State
	for _, s := range servers {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: s.address}}})
	}
	found := manual.NewBuilderWithScheme("servers")
	found.InitialState(state)
	conn, err := grpc.NewClient("servers:///predict", grpc.WithResolvers(found), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return predictv1.NewPredictServiceClient(conn)
}

// load calls until it is ended, and returns how many calls it made.
func load(t *testing.T, client predictv1.PredictServiceClient) (end func() int64) {
	t.Helper()
	var calls atomic.Int64
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := client.Predict(t.Context(), house(), grpc.WaitForReady(true)); err != nil {
					t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	return sync.OnceValue(func() int64 {
		close(stop)
		callers.Wait()
		return calls.Load()
	})
}

// One of two servers stops under load: no call is lost, and none needs a retry.
func TestDrainLosesNothing(t *testing.T) {
	for _, wait := range []time.Duration{0, 200 * time.Millisecond} {
		t.Run(fmt.Sprint(wait), func(t *testing.T) {
			one, other := start(t, func(o *Options) { o.DrainWait = wait }), start(t, nil)
			one.ready()
			other.ready()
			end := load(t, balanced(t, one, other))
			time.Sleep(200 * time.Millisecond)
			if err := one.stop(); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
			if n := end(); n < 50 {
				t.Errorf("only %d calls", n)
			}
			if _, metrics := other.get("/metrics"); !strings.Contains(metrics, `treehouse_grpc_requests_total{code="OK"`) {
				t.Error("the other server answered nothing")
			}
		})
	}
}

// Connections that end of age, many times a second, lose no call.
func TestConnectionAgeLosesNothing(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxConnectionAge = 30 * time.Millisecond })
	s.ready()
	end := load(t, balanced(t, s))
	time.Sleep(time.Second)
	if n := end(); n < 50 {
		t.Errorf("only %d calls", n)
	}
}

// houses is a request that takes a while.
func houses(rows int) *predictv1.PredictRequest {
	req := house()
	table := req.GetTable()
	table.Rows = uint32(rows)
	for _, c := range table.GetColumns() {
		if numbers := c.GetNumbers(); numbers != nil {
			for len(numbers.Values) < rows {
				numbers.Values = append(numbers.Values, numbers.Values[0]+float64(len(numbers.Values)%97))
			}
		} else if texts := c.GetStrings(); texts != nil {
			for len(texts.Values) < rows {
				texts.Values = append(texts.Values, texts.Values[0])
			}
		}
	}
	return req
}

// A long call is answered after the stop has begun; one that is too long is cut
// off, and the error says so.
func TestLongCalls(t *testing.T) {
	for _, c := range []struct {
		name        string
		rows        int
		stopTimeout time.Duration
		want        codes.Code
		err         string
	}{
		{"in time", 150_000, 20 * time.Second, codes.OK, ""},
		{"too long", 150_000, time.Millisecond, codes.Unavailable, "requests were still in flight after 1ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, func(o *Options) { o.StopTimeout, o.MaxRows = c.stopTimeout, 150_000 })
			s.ready()
			answer := inFlight(t, s, houses(c.rows))
			err := s.stop()
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("Run = %v, want %q", err, c.err)
			}
			if err := <-answer; status.Code(err) != c.want {
				t.Errorf("the call got %v, want %v", err, c.want)
			}
		})
	}
}

// inFlight makes a call and returns once it is being computed. A call that was
// too fast to be seen is made again.
func inFlight(t *testing.T, s *service, req *predictv1.PredictRequest) <-chan error {
	t.Helper()
	for range 100 {
		answer := make(chan error, 1)
		go func() {
			_, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), req)
			answer <- err
		}()
		for len(answer) == 0 {
			if _, metrics := s.get("/metrics"); strings.Contains(metrics, "treehouse_admission_in_flight 1") {
				return answer
			}
		}
		if err := <-answer; err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no call was seen in flight")
	return nil
}

// A connection that says nothing holds up the stop for half of the time it has
// at most, and is no failure.
func TestSilentConnection(t *testing.T) {
	s := start(t, func(o *Options) { o.StopTimeout = 4 * time.Second })
	s.ready()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	time.Sleep(50 * time.Millisecond)
	begun := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if took := time.Since(begun); took > 3500*time.Millisecond {
		t.Errorf("the stop took %v", took)
	}
}

// A stream that is busy at the stop ends between two messages: what was
// answered was answered in full and in order, then comes UNAVAILABLE.
func TestBusyStream(t *testing.T) {
	s := start(t, nil)
	s.ready()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := inference.NewGRPCInferenceServiceClient(s.conn).ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for n := 0; ; n++ {
			if err := stream.Send(&inference.ModelInferRequest{ModelName: "housing", Id: fmt.Sprint(n)}); err != nil {
				return // io.EOF: Recv has the reason
			}
		}
	}()
	answered := 0
	var stopped chan error
	for {
		resp, err := stream.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) || status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "stopping") {
				t.Errorf("the stream ended with %v, want UNAVAILABLE", err)
			}
			break
		}
		if got := resp.GetInferResponse().GetId(); got != fmt.Sprint(answered) {
			t.Fatalf("answer %d is that of request %s", answered, got)
		}
		if answered++; answered == 100 {
			stopped = make(chan error, 1)
			go func() { stopped <- s.stop() }()
		}
	}
	if stopped == nil {
		t.Fatalf("the stream ended after %d answers", answered)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run = %v", err)
	}
}

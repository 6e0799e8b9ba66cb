package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

func itoaTest(n int) string { return strconv.Itoa(n) }

// eventually waits for what other goroutines do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not within 10 seconds: " + what)
}

// A predict that is gone gives retries, then 503 with Retry-After, soon. The
// gateway itself stays healthy, and finds predict when it is back.
func TestPredictIsGone(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	if a := g.do(t, "POST", "/predict", house); a.status != 200 {
		t.Fatalf("before: %d %s", a.status, a.body)
	}
	f.server.Stop()
	for range 3 {
		start := time.Now()
		a := g.do(t, "POST", "/predict", house)
		if took := time.Since(start); a.status != 503 || a.header.Get("Retry-After") != "1" || took > 3*time.Second {
			t.Errorf("after %v: %d %s", took, a.status, a.body)
		}
		if strings.Contains(a.body, f.address) {
			t.Errorf("the answer tells predict's address: %s", a.body)
		}
	}
	if a := g.do(t, "GET", "/v2/health/ready", ""); a.status != 503 || a.body != `{"ready":false}` {
		t.Errorf("/v2/health/ready: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/health", "/", "/v2/health/live", "/docs"} {
		if a := g.do(t, "GET", path, ""); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	ln, err := net.Listen("tcp", f.address)
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	f.serve(t, ln)
	eventually(t, "predict is back", func() bool { return g.do(t, "POST", "/predict", house).status == 200 })
}

// An address that never answers a connection must not hold a request for long.
func TestPredictNeverAnswers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // accepts, but says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	g := startGateway(t, ln.Addr().String(), func(o *Options) { o.Timeout = 500 * time.Millisecond })
	start := time.Now()
	if a := g.do(t, "POST", "/predict", house); a.status != 504 || time.Since(start) > 2*time.Second {
		t.Errorf("after %v: %d %s", time.Since(start), a.status, a.body)
	}
}

// Every request goes to the next server, although each has one connection.
func TestBalancedPerRequest(t *testing.T) {
	a, b := startFake(t), startFake(t)
	g := startGateway(t, a.address+","+b.address)
	eventually(t, "both servers are connected", func() bool {
		g.do(t, "POST", "/predict", house)
		return a.count() > 0 && b.count() > 0
	})
	beforeA, beforeB := a.count(), b.count()
	for range 100 {
		if got := g.do(t, "POST", "/predict", house); got.status != 200 {
			t.Fatal(got.body)
		}
	}
	if toA, toB := a.count()-beforeA, b.count()-beforeB; toA != 50 || toB != 50 {
		t.Errorf("%d and %d of 100 requests, want 50 each", toA, toB)
	}
}

// A server that says it does not serve gets nothing; the other answers all.
func TestNotReadyServerGetsNothing(t *testing.T) {
	a, b := startFake(t), startFake(t)
	g := startGateway(t, a.address+","+b.address)
	eventually(t, "both servers are connected", func() bool {
		g.do(t, "POST", "/predict", house)
		return a.count() > 0 && b.count() > 0
	})
	a.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	eventually(t, "the balancer knows", func() bool {
		before := a.count()
		for range 4 {
			g.do(t, "POST", "/predict", house)
		}
		return a.count() == before
	})
	before := a.count()
	for range 50 {
		if got := g.do(t, "POST", "/predict", house); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if a.count() != before {
		t.Errorf("a server that does not serve got %d requests", a.count()-before)
	}
	a.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	eventually(t, "the server is back", func() bool {
		g.do(t, "POST", "/predict", house)
		return a.count() > before
	})
}

// The kill of one of two servers under load loses no request.
func TestKillUnderLoad(t *testing.T) {
	a, b := startFake(t), startFake(t)
	g := startGateway(t, a.address+","+b.address)
	var wg sync.WaitGroup
	failures := make(chan string, 1000)
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if got := g.do(t, "POST", "/predict", house); got.status != 200 {
					failures <- fmt.Sprint(got.status, got.body)
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	a.server.Stop()
	wg.Wait()
	close(failures)
	for f := range failures {
		t.Error(f)
	}
	if t.Failed() {
		t.Log(g.log.String())
	}
}

// UNAVAILABLE is tried again, and nothing else is.
func TestRetries(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	large := "[" + strings.Repeat(house+",", 3000) + house + "]" // more than gRPC keeps for retries by default
	for _, c := range []struct {
		code   codes.Code
		body   string
		fails  int
		status int
		calls  int
	}{
		{codes.Unavailable, house, 2, 200, 3},
		{codes.Unavailable, large, 1, 200, 2},
		{codes.Unavailable, house, 100, 503, 4},
		{codes.ResourceExhausted, house, 1, 429, 1},
		{codes.Internal, house, 1, 500, 1},
		{codes.InvalidArgument, house, 1, 400, 1},
	} {
		before := f.count()
		f.onPredict(func(context.Context, *predictv1.PredictRequest) error {
			if f.count()-before <= c.fails {
				return status.Error(c.code, "not now")
			}
			return nil
		})
		a := g.do(t, "POST", "/predict", c.body)
		if calls := f.count() - before; a.status != c.status || calls != c.calls {
			t.Errorf("%v %d times: %d after %d calls, want %d after %d", c.code, c.fails, a.status, calls, c.status, c.calls)
		}
	}
}

// The deadline is the gateway's or the client's, whichever is earlier; predict
// is told, and the answer comes in time.
func TestDeadline(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	f.predict = func(ctx context.Context, _ *predictv1.PredictRequest) error {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	for _, c := range []struct {
		timeout string
		want    time.Duration
	}{{"0.2", 200 * time.Millisecond}, {"150ms", 150 * time.Millisecond}} {
		heard := false
		for try := 0; try < 50 && !heard; try++ { // on a slow machine the time may be over before predict hears of it
			f.forget()
			start := time.Now()
			a := g.do(t, "POST", "/predict", house, "X-Request-Timeout", c.timeout)
			if took := time.Since(start); a.status != 504 || a.error(t).Code != "deadline_exceeded" || took < c.want/2 || took > 5*time.Second {
				t.Errorf("%s: %d %s after %v", c.timeout, a.status, a.body, took)
			}
			_, left := f.last()
			if left > c.want {
				t.Errorf("%s: predict has %v left", c.timeout, left)
			}
			heard = left > 0
		}
		if !heard {
			t.Errorf("%s: predict never had time left", c.timeout)
		}
	}
	f.onPredict(nil)
	g.do(t, "POST", "/predict", house, "X-Request-Timeout", "3600")
	if _, left := f.last(); left > 5*time.Second {
		t.Errorf("a client got %v, the gateway allows 5 s", left)
	}
}

func TestRequestID(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	a := g.do(t, "POST", "/predict", house, "X-Request-Id", "abc-1")
	if md, _ := f.last(); a.header.Get("X-Request-Id") != "abc-1" || strings.Join(md["x-request-id"], " ") != "abc-1" {
		t.Errorf("header %v, metadata %v", a.header, md)
	}
	g.do(t, "GET", "/api/v1/models", "", "X-Request-Id", "abc-2", "Grpc-Metadata-Secret", "x", "Authorization", "Bearer y")
	if md, _ := f.last(); strings.Join(md["x-request-id"], " ") != "abc-2" || md["secret"] != nil || strings.Join(md["authorization"], " ") != "Bearer y" {
		t.Errorf("metadata %v", md)
	}
	if a := g.do(t, "POST", "/predict", house, "X-Request-Id", "no spaces"); len(a.header.Get("X-Request-Id")) != 32 {
		t.Errorf("an id that is none was kept: %v", a.header)
	}
}

// Full means 429 at once, for inference only.
func TestInFlightLimit(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, func(o *Options) { o.MaxInFlight = 2 })
	release := make(chan struct{})
	f.onPredict(func(context.Context, *predictv1.PredictRequest) error { <-release; return nil })
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { g.do(t, "POST", "/predict", house) })
	}
	eventually(t, "two requests are in flight", func() bool { return f.count() == 2 })
	if a := g.do(t, "POST", "/predict", house); a.status != 429 || a.header.Get("Retry-After") != "1" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := g.do(t, "GET", "/health", ""); a.status != 200 {
		t.Errorf("/health: %d", a.status)
	}
	close(release)
	wg.Wait()
	if a := g.do(t, "POST", "/predict", house); a.status != 200 {
		t.Errorf("after: %d %s", a.status, a.body)
	}
}

// Large bodies share a budget, and give it back.
func TestBufferedLimit(t *testing.T) {
	g := startGateway(t, startFake(t).address, func(o *Options) { o.MaxBuffered = 400 << 10 })
	body := strings.Repeat(" ", 300<<10) + house
	for range 3 {
		if a := g.do(t, "POST", "/predict", body); a.status != 200 {
			t.Errorf("a body within the budget: %d %s", a.status, a.body)
		}
	}
	if a := g.do(t, "POST", "/predict", strings.Repeat(" ", 500<<10)+house); a.status != 429 {
		t.Errorf("a body beyond the budget: %d %s", a.status, a.body)
	}
	if n := g.api.buffered.Load(); n != 0 {
		t.Errorf("%d bytes still count as buffered", n)
	}
}

func TestStopping(t *testing.T) {
	g := startGateway(t, startFake(t).address, func(o *Options) { o.Stopping = func() bool { return true } })
	if a := g.do(t, "GET", "/health", ""); a.status != 503 || a.body != `{"status":"stopping"}` {
		t.Errorf("/health: %d %s", a.status, a.body)
	}
	if a := g.do(t, "POST", "/predict", house); a.status != 200 {
		t.Errorf("a request that still comes: %d %s", a.status, a.body)
	}
}

func TestStarting(t *testing.T) {
	g := startGateway(t, startFake(t).address, func(o *Options) { o.Ready = func() error { return errors.New("no model yet") } })
	if a := g.do(t, "GET", "/health", ""); a.status != 503 || a.body != `{"status":"starting"}` {
		t.Errorf("/health: %d %s", a.status, a.body)
	}
}

// Labels are templates: whatever clients send makes no new time series.
func TestMetrics(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	g.do(t, "POST", "/predict", house)
	g.do(t, "POST", "/predict", "{")
	for i := range 50 {
		g.do(t, "GET", "/v2/models/m"+itoaTest(i), "")
		g.do(t, "GET", "/random/"+itoaTest(i), "")
	}
	families, err := g.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetType() == dto.MetricType_COUNTER && m.GetCounter().GetValue() > 0 {
				name := family.GetName()
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				series[name] = m.GetCounter().GetValue()
			}
		}
	}
	want := map[string]float64{
		"treehouse_gateway_rows_total":                                        1,
		"treehouse_gateway_requests_total 200  housing /predict 1":            1,
		"treehouse_gateway_requests_total 400 malformed  /predict ":           1,
		"treehouse_gateway_requests_total 404 not_found  /v2/models/{model} ": 50,
		"treehouse_gateway_requests_total 404 not_found  unmatched ":          50,
	}
	for name, v := range want {
		if series[name] != v {
			t.Errorf("%s is %v, want %v", name, series[name], v)
		}
	}
	if len(series) != len(want) {
		t.Errorf("series: %v", series)
	}
}

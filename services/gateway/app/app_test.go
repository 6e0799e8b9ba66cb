package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

type running struct {
	api, admin string
	stop       context.CancelFunc
	done       chan error
	log        *logtest.Buffer
}

// start runs a gateway whose predict is nowhere.
func start(t *testing.T, change ...func(*Options)) *running {
	t.Helper()
	r := &running{done: make(chan error, 1), log: &logtest.Buffer{}}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	up := make(chan struct{})
	o := DefaultOptions()
	o.Auth.Mode = "off"
	o.Address, o.AdminAddress, o.Predict, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:1", r.log
	o.Listening = func(api, admin net.Addr) {
		r.api, r.admin = "http://"+api.String(), "http://"+admin.String()
		close(up)
	}
	for _, f := range change {
		f(&o)
	}
	go func() { r.done <- Run(ctx, o) }()
	t.Cleanup(func() { cancel() })
	select {
	case <-up:
	case err := <-r.done:
		t.Fatal(err)
	case <-time.After(10 * time.Second):
		t.Fatal("not up within 10 seconds")
	}
	return r
}

func (r *running) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("not stopped within 10 seconds")
		return nil
	}
}

func fetch(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// Readiness does not depend on predict: a gateway without one answers what it
// can, and says what it cannot.
func TestRunWithoutPredict(t *testing.T) {
	r := start(t)
	for _, c := range []struct {
		method, url, body string
		status            int
		want              string
	}{
		{"GET", r.admin + "/livez", "", 200, "ok"},
		{"GET", r.admin + "/readyz", "", 200, "ok"},
		{"GET", r.admin + "/version", "", 200, `"service":"gateway"`},
		{"GET", r.api + "/health", "", 200, `{"status":"ok"}`},
		{"GET", r.api + "/docs", "", 200, "<title>Treehouse</title>"},
		{"POST", r.api + "/predict", `{"a": 1}`, 503, `"code":"unavailable"`},
		{"GET", r.admin + "/metrics", "", 200, `treehouse_gateway_requests_total{code="503",error="unavailable",model="",route="/predict",version=""} 1`},
		{"GET", r.admin + "/metrics", "", 200, `treehouse_build_info{`},
		{"GET", r.api + "/metrics", "", 404, "not_found"},
	} {
		if status, body := fetch(t, c.method, c.url, c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s, want %d %s", c.url, status, body, c.status, c.want)
		}
	}
	r.stop()
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
	if status, _ := fetch(t, "GET", r.api+"/health", ""); status != 0 {
		t.Errorf("after the stop: %d", status)
	}
	if log := r.log.String(); !strings.Contains(log, `"msg":"stopped"`) {
		t.Errorf("log: %s", log)
	}
}

// During the drain wait the gateway asks for no more traffic, but answers what
// still comes.
func TestDrain(t *testing.T) {
	r := start(t, func(o *Options) { o.DrainWait = 1500 * time.Millisecond })
	r.stop()
	deadline := time.Now().Add(5 * time.Second)
	for {
		if status, _ := fetch(t, "GET", r.admin+"/readyz", ""); status == 503 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("still ready")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if status, body := fetch(t, "GET", r.api+"/health", ""); status != 503 || !strings.Contains(body, "stopping") {
		t.Errorf("/health: %d %s", status, body)
	}
	if status, _ := fetch(t, "GET", r.api+"/v2/health/live", ""); status != 200 {
		t.Errorf("/v2/health/live: %d", status)
	}
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
}

// A request in flight at the stop gets its answer.
func TestStopWaitsForRequests(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a predict that accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	r := start(t, func(o *Options) {
		o.Predict, o.Timeout = silent.Addr().String(), time.Second
	})
	answer := make(chan int, 1)
	go func() {
		status, _ := fetch(t, "POST", r.api+"/predict", `{"a": 1}`)
		answer <- status
	}()
	time.Sleep(400 * time.Millisecond) // a machine may be busy
	r.stop()
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
	if status := <-answer; status != http.StatusGatewayTimeout {
		t.Errorf("got %d, want the deadline's 504", status)
	}
}

// A port that is taken is an error, and what was opened before it is closed.
func TestPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for name, change := range map[string]func(*Options){
		"api":   func(o *Options) { o.Address = ln.Addr().String() },
		"admin": func(o *Options) { o.AdminAddress = ln.Addr().String() },
	} {
		o := DefaultOptions()
		o.Auth.Mode = "off"
		o.Address, o.AdminAddress, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", io.Discard
		o.DrainWait = time.Hour // there is nothing to drain
		change(&o)
		var failed *net.OpError
		if err := Run(t.Context(), o); !errors.As(err, &failed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	valid := DefaultOptions()
	valid.Auth.Mode = "off"
	valid.LogOutput = io.Discard
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Timeout = 0 }, "timeout is 0s"},
		{func(o *Options) { o.IdleTimeout = -1 }, "idle-timeout is -1ns"},
		{func(o *Options) { o.TrustedHops = -1 }, "trusted-hops is -1"},
		{func(o *Options) { o.MaxBody = 0 }, "max-body is 0"},
		{func(o *Options) { o.MaxBuffered = 1 }, "max-buffered is 1"},
		{func(o *Options) { o.MaxRows = 0 }, "max-rows is 0"},
		{func(o *Options) { o.MaxCells = 0 }, "max-cells is 0"},
		{func(o *Options) { o.MaxInFlight = 0 }, "max-in-flight is 0"},
		{func(o *Options) { o.DrainWait = -1 }, "drain-wait is -1ns"},
		{func(o *Options) { o.StopTimeout = 0 }, "stop-timeout is 0s"},
		{func(o *Options) { o.AccessLog = "some" }, `access-log is "some"`},
		{func(o *Options) { o.CORSOrigins = "https://a.example,*" }, `cors-origins has "*"`},
		{func(o *Options) { o.LogOutput = nil }, "no output for the log"},
		{func(o *Options) { o.LogLevel = "loud" }, `log level "loud"`},
		{func(o *Options) { o.Predict = "nowhere" }, `"nowhere" is not host:port`},
	} {
		o := valid
		o.Address, o.AdminAddress = "127.0.0.1:0", "127.0.0.1:0"
		c.change(&o)
		if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// Bodies get a quarter of what the process may use, and never less than one
// that grows needs.
func TestBuffered(t *testing.T) {
	for _, c := range []struct{ set, limit, want int64 }{
		{100 << 20, 1 << 30, 100 << 20},
		{0, 0, 256 << 20},
		{0, 1 << 30, 256 << 20},
		{0, 384 << 20, 96 << 20},
		{0, 100 << 20, 64 << 20},
	} {
		o := DefaultOptions()
		o.Auth.Mode = "off"
		o.MaxBuffered = c.set
		if got := o.buffered(c.limit); got != c.want {
			t.Errorf("set to %d, with a limit of %d: %d, want %d", c.set, c.limit, got, c.want)
		}
	}
}

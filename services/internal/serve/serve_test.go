package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
)

func TestStack(t *testing.T) {
	var order []string
	var s Stack
	push := func(name string, err error) {
		s.Push(name, func(context.Context) error { order = append(order, name); return err })
	}
	push("listener", errors.New("address in use"))
	push("server", nil)
	push("catalog", errors.New("stuck"))

	err := s.Close(t.Context())
	if want := []string{"catalog", "server", "listener"}; !slices.Equal(order, want) {
		t.Errorf("cleanups ran in the order %v, want %v", order, want)
	}
	if want := "stop catalog: stuck\nstop listener: address in use"; err == nil || err.Error() != want {
		t.Errorf("Close = %v, want %q", err, want)
	}
	if err := s.Close(t.Context()); err != nil || len(order) != 3 {
		t.Errorf("the second Close ran something: %v, %v", err, order)
	}
}

func TestReadiness(t *testing.T) {
	var r Readiness
	var seen []string
	r.Watch(func(err error) {
		if err == nil {
			seen = append(seen, "ready")
		} else {
			seen = append(seen, err.Error())
		}
	})
	r.Set(errors.New("loading"))
	r.Set(nil)
	r.Stop()
	r.Stop()
	r.Set(nil) // too late
	if want := []string{"starting", "loading", "ready", "stopping"}; !slices.Equal(seen, want) {
		t.Errorf("watched %v, want %v", seen, want)
	}
	if err := r.Err(); err == nil || err.Error() != "stopping" {
		t.Errorf("Err = %v, want stopping", err)
	}
}

func TestAdmin(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rooms"}, func() float64 { return 7 }))
	var ready error
	h := Admin{
		Build:   buildinfo.Info{Service: "predict", Version: "1.0.0"},
		Metrics: reg,
		Ready:   func() error { return ready },
		Log:     slog.New(slog.DiscardHandler),
	}.Handler()

	tests := []struct {
		path   string
		ready  error
		status int
		body   string
	}{
		{"/livez", errors.New("loading"), 200, "ok\n"},
		{"/readyz", nil, 200, "ok\n"},
		{"/readyz", errors.New("loading"), 503, "not ready: loading\n"},
		{"/version", nil, 200, `"version":"1.0.0"`},
		{"/metrics", nil, 200, "rooms 7"},
		{"/debug/pprof/", nil, 403, "only from this machine"},
		{"/elsewhere", nil, 404, ""},
	}
	for _, tt := range tests {
		ready = tt.ready
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("GET %s (ready: %v) = %d %q, want %d with %q", tt.path, tt.ready, w.Code, w.Body, tt.status, tt.body)
		}
	}
}

// The admin port is open until the stack is closed, which is no failure; a port
// that is taken is one at once.
func TestAdminStarts(t *testing.T) {
	admin := Admin{Metrics: prometheus.NewRegistry(), Ready: func() error { return nil }, Log: slog.New(slog.DiscardHandler)}
	var stack Stack
	failed := make(chan error, 1)
	address, err := admin.Start(t.Context(), "127.0.0.1:0", &stack, failed)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + address.String() + "/livez")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	if _, err := admin.Start(t.Context(), address.String(), &stack, failed); err == nil {
		t.Error("a port was opened twice")
	}
	if err := stack.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address.String()); err == nil {
		t.Error("the port is open after the stop")
	}
	if len(failed) > 0 {
		t.Errorf("the stop is told as a failure: %v", <-failed)
	}
}

// start serves a handler that answers once release is closed.
func start(t *testing.T) (h *HTTP, url string, entered, release chan struct{}) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, release = make(chan struct{}), make(chan struct{})
	h = StartHTTP(ln, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})})
	return h, "http://" + ln.Addr().String(), entered, release
}

func get(url string) chan string {
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(url)
		if err != nil {
			answer <- "error"
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	return answer
}

func TestHTTPShutdownWaits(t *testing.T) {
	h, url, entered, release := start(t)
	answer := get(url)
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- h.Shutdown(context.Background()) }()
	if err := <-h.Done(); err != nil {
		t.Errorf("Done yielded %v, want nil", err)
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the request in flight got %q, want done", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

func TestHTTPShutdownHasAnEnd(t *testing.T) {
	h, url, entered, release := start(t)
	defer close(release)
	answer := get(url)
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v, want deadline exceeded", err)
	}
	if got := <-answer; got != "error" {
		t.Errorf("the request in flight got %q, want a cut connection", got)
	}
}

func TestHTTPReportsFailure(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := StartHTTP(ln, &http.Server{Handler: http.NotFoundHandler()})
	_ = ln.Close()
	if err := <-h.Done(); err == nil {
		t.Error("Done yielded nil for a broken listener")
	}
}

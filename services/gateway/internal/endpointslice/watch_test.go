package endpointslice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/rest"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
)

// seen is what a watch reports: sets of addresses, and errors.
type seen struct {
	sets   chan string
	errors chan error
}

// watching starts a watch of the Service predict, port 9000.
func watching(t *testing.T, c cluster) *seen {
	s := &seen{make(chan string, 100), make(chan error, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.watch(ctx, "predict", "9000", slog.New(slog.DiscardHandler), func(servers []resolver.Endpoint, err error) {
			if err != nil {
				s.errors <- err
				return
			}
			var addresses []string
			for _, server := range servers {
				addresses = append(addresses, strings.TrimSuffix(server.Addresses[0].Addr, ":9000"))
			}
			s.sets <- strings.Join(addresses, " ")
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the watch ended with %v", err)
		}
	})
	return s
}

// reach waits for a set. Until then only the ones before it may be reported.
func (s *seen) reach(t *testing.T, want string, before ...string) {
	t.Helper()
	for end := time.After(30 * time.Second); ; {
		select {
		case got := <-s.sets:
			if got == want {
				return
			}
			ok := false
			for _, b := range before {
				ok = ok || got == b
			}
			if !ok {
				t.Fatalf("got the set %q on the way from %q to %q", got, before, want)
			}
		case <-end:
			t.Fatalf("not %q within 10 seconds", want)
		}
	}
}

func pods(endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	return v4(endpoints...).(*discoveryv1.EndpointSlice)
}

// With an API server that streams its lists, and with one that does not.
func TestWatch(t *testing.T) {
	for _, streams := range []bool{true, false} {
		t.Run(fmt.Sprintf("streams=%v", streams), func(t *testing.T) {
			a := startAPI(t, streams)
			s := watching(t, a.cluster())
			s.reach(t, "") // no servers is an answer, too
			a.put("predict-1", pods(endpoint(ready, "10.0.0.1")))
			s.reach(t, "10.0.0.1", "")
			a.put("predict-2", pods(endpoint(ready, "10.0.0.2"), endpoint(notReady, "10.0.0.3")))
			s.reach(t, "10.0.0.1 10.0.0.2")
			a.put("predict-2", pods(endpoint(ready, "10.0.0.2"), endpoint(ready, "10.0.0.3")))
			s.reach(t, "10.0.0.1 10.0.0.2 10.0.0.3")
			a.put("predict-1", pods(endpoint(leaving, "10.0.0.1")))
			s.reach(t, "10.0.0.2 10.0.0.3")
			a.put("predict-2", nil)
			s.reach(t, "10.0.0.1") // it still serves
			a.put("predict-1", pods())
			s.reach(t, "")
			select {
			case err := <-s.errors:
				t.Error(err)
			default:
			}
		})
	}
}

// Pods that come together are one change, or few.
func TestBurst(t *testing.T) {
	a := startAPI(t, true)
	s := watching(t, a.cluster())
	s.reach(t, "")
	var want []string
	for i := range 50 {
		address := fmt.Sprintf("10.0.0.%d", 100+i)
		want = append(want, address)
		a.put(fmt.Sprintf("predict-%d", i), pods(endpoint(ready, address)))
	}
	for changes := 1; ; changes++ {
		select {
		case got := <-s.sets:
			if got != strings.Join(want, " ") {
				continue
			}
			if changes > 25 {
				t.Errorf("50 changes at once were %d", changes)
			}
		case <-time.After(15 * time.Second):
			t.Fatal("the last change is missing")
		}
		break
	}
}

// Whatever happens to the API server, the set that it told stays until it
// tells another; nothing is empty in between.
func TestTrouble(t *testing.T) {
	const before, after = "10.0.0.1 10.0.0.2", "10.0.0.2 10.0.0.3"
	for _, c := range []struct {
		name    string
		trouble func(*api)
		end     func(*api)
		failed  string // in the error that is reported meanwhile
	}{
		{"watches end", func(a *api) { a.endWatches() }, func(*api) {}, ""},
		{"versions expire", func(a *api) {
			a.set(func() { a.oldest = a.version + 1 })
			a.endWatches()
		}, func(*api) {}, ""},
		{"the API server restarts", func(a *api) { a.stop() }, func(a *api) { a.start(a.address) }, "connection refused"},
		{"the API server restarts and forgets", func(a *api) { a.stop() }, func(a *api) { a.forget(); a.start(a.address) }, "connection refused"},
		{"the API server refuses", func(a *api) { a.set(func() { a.answer = 403 }); a.endWatches() }, func(a *api) { a.set(func() { a.answer = 0 }) }, "refused by the Kubernetes API"},
		{"the token is not accepted", func(a *api) { a.set(func() { a.answer = 401 }); a.endWatches() }, func(a *api) { a.set(func() { a.answer = 0 }) }, "refused by the Kubernetes API"},
		{"the API server is full", func(a *api) { a.set(func() { a.answer = 429 }); a.endWatches() }, func(a *api) { a.set(func() { a.answer = 0 }) }, "429"},
		{"the API server fails", func(a *api) { a.set(func() { a.answer = 500 }); a.endWatches() }, func(a *api) { a.set(func() { a.answer = 0 }) }, "500"},
		{"the API server hangs", func(a *api) { a.set(func() { a.hangs = true }); a.endWatches() }, func(a *api) { a.set(func() { a.hangs = false }) }, ""},
	} {
		for _, streams := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, streams=%v", c.name, streams), func(t *testing.T) {
				t.Parallel()
				a := startAPI(t, streams)
				a.put("predict-1", pods(endpoint(ready, "10.0.0.1")))
				a.put("predict-2", pods(endpoint(ready, "10.0.0.2")))
				s := watching(t, a.cluster())
				s.reach(t, before)
				c.trouble(a)
				if c.failed != "" {
					select {
					case err := <-s.errors:
						if !strings.Contains(err.Error(), c.failed) {
							t.Errorf("got error %v, want %q", err, c.failed)
						}
					case <-time.After(15 * time.Second):
						t.Fatal("no error")
					}
				}
				a.put("predict-1", nil)
				a.put("predict-3", pods(endpoint(ready, "10.0.0.3")))
				time.Sleep(100 * time.Millisecond)
				c.end(a)
				s.reach(t, after, before, "10.0.0.2")
			})
		}
	}
}

// What answers in the API server's place, a proxy say, and not in its language,
// is asked again and again, and no connection to it stays open.
func TestAnswersOfSomethingElse(t *testing.T) {
	closed := make(chan struct{}, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Welcome")
		if r.URL.Query().Get("watch") == "true" {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			closed <- struct{}{}
		}
	}))
	t.Cleanup(proxy.Close)
	s := watching(t, cluster{&rest.Config{Host: proxy.URL}, namespace})
	for range 2 {
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Fatal("the answer to a watch stays open")
		}
	}
	if err := <-s.errors; !strings.Contains(err.Error(), "text/html") {
		t.Errorf("got %v", err)
	}
}

// An API server that is away is asked ever less often, but not for longer than
// a few seconds.
func TestBackoff(t *testing.T) {
	a := startAPI(t, false)
	a.set(func() { a.answer = 500 })
	s := watching(t, a.cluster())
	time.Sleep(2 * time.Second)
	a.mu.Lock()
	requests := a.requests
	a.mu.Unlock()
	if requests < 3 || requests > 20 {
		t.Errorf("%d requests in 2 seconds", requests)
	}
	a.set(func() { a.answer = 0 })
	start := time.Now()
	s.reach(t, "")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("noticed after %v", took)
	}
}

// What cannot be asked at the start is an error at once.
func TestStart(t *testing.T) {
	for status, refused := range map[int]bool{401: true, 403: true, 404: true, 429: false, 500: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			a := startAPI(t, true)
			a.set(func() { a.answer = status })
			s := watching(t, a.cluster())
			select {
			case err := <-s.errors:
				if errors.Is(err, discovery.ErrRefused) != refused {
					t.Errorf("got %v", err)
				}
			case <-time.After(15 * time.Second):
				t.Error("no error")
			}
		})
	}
	t.Run("no cluster", func(t *testing.T) {
		t.Setenv("KUBERNETES_SERVICE_HOST", "")
		if err := Watch(t.Context(), "predict", "9000", slog.New(slog.DiscardHandler), nil); err == nil {
			t.Error("no error")
		}
	})
}

// What the client logs is for who debugs, whatever level it has there.
func TestQuiet(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		_, l := quiet(t.Context(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level})))
		l.WithName("reflector").Error(errors.New("boom"), "watch ended")
		l.V(2).Info("caches populated")
		l.V(8).Info("a body, with secrets")
		text := out.String()
		if (text != "") != want || strings.Contains(text, "ERROR") || strings.Contains(text, "secrets") {
			t.Errorf("at level %v: %q", level, text)
		}
	}
}

package app

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// A keepAlive is a client that never tries again: it sends requests on one
// connection until it is told that the connection closes, then on a new one to
// wherever the service is.
type keepAlive struct {
	service func() string // host:port
	conn    net.Conn
	reader  *bufio.Reader
}

func (k *keepAlive) ask() (*http.Response, error) {
	if k.conn == nil {
		conn, err := net.DialTimeout("tcp", k.service(), 5*time.Second)
		if err != nil {
			return nil, err
		}
		k.conn, k.reader = conn, bufio.NewReader(conn)
	}
	if _, err := io.WriteString(k.conn, "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(k.reader, nil)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return nil, err
	}
	if resp.Close {
		k.close()
	}
	return resp, nil
}

func (k *keepAlive) close() {
	if k.conn != nil {
		_ = k.conn.Close()
		k.conn = nil
	}
}

// A gateway is stopped under load while another takes over: clients that keep
// their connections and never try again lose nothing, if the drain wait is
// longer than it takes the service to send new connections elsewhere, and
// longer than clients are silent. Without one they do lose something, or this
// test would prove nothing.
func TestDrainLosesNothing(t *testing.T) {
	asked, told, lost := drain(t, 4*time.Second) // a busy machine may stop a caller for seconds
	if lost > 0 || asked < 200 || told < 24 {
		t.Errorf("%d requests, %d lost, %d were told that the connection closes", asked, lost, told)
	}
	if _, _, lost := drain(t, 0); lost == 0 {
		t.Error("nothing was lost without a drain wait")
	}
}

func drain(t *testing.T, wait time.Duration) (asked, told, lost int64) {
	t.Helper()
	old := start(t, func(o *Options) { o.DrainWait = wait })
	replacement := start(t)
	var service atomic.Pointer[string]
	set := func(r *running) { host := strings.TrimPrefix(r.api, "http://"); service.Store(&host) }
	set(old)

	stop := make(chan struct{})
	var callers sync.WaitGroup
	for n := range 24 {
		callers.Go(func() {
			k := &keepAlive{service: func() string { return *service.Load() }}
			defer k.close()
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(n) * 10 * time.Millisecond): // some are busy, some are not
				}
				resp, err := k.ask()
				if err != nil || resp.StatusCode != http.StatusOK {
					atomic.AddInt64(&lost, 1)
					k.close()
					continue
				}
				atomic.AddInt64(&asked, 1)
				if resp.Close {
					atomic.AddInt64(&told, 1)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	old.stop()
	time.Sleep(200 * time.Millisecond)
	set(replacement)
	if err := old.wait(t); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond)
	close(stop)
	callers.Wait()
	return asked, told, lost
}

// The same with HTTP/2, whose connections are told to go by GOAWAY.
func TestDrainOfHTTP2LosesNothing(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	certificate := secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(nil)))
	old := start(t, certificate, func(o *Options) { o.DrainWait = 4 * time.Second })
	replacement := start(t, certificate)
	var service atomic.Pointer[string]
	set := func(r *running) { host := strings.TrimPrefix(r.api, "http://"); service.Store(&host) }
	set(old)
	stop := make(chan struct{})
	var callers sync.WaitGroup
	var asked atomic.Int64
	for n := range 4 {
		caller := client(t, ca.PEM, true)
		caller.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, *service.Load())
		}
		for range 4 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Duration(n) * 10 * time.Millisecond):
					}
					resp, err := caller.Get("https://127.0.0.1/")
					if err != nil {
						t.Errorf("client %d: %v", n, err)
						return
					}
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
						t.Errorf("client %d: %s %d %v", n, resp.Proto, resp.StatusCode, err)
						return
					}
					asked.Add(1)
				}
			})
		}
	}
	time.Sleep(100 * time.Millisecond)
	old.stop()
	time.Sleep(200 * time.Millisecond)
	set(replacement)
	if err := old.wait(t); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond)
	close(stop)
	callers.Wait()
	if asked.Load() < 30 {
		t.Errorf("only %d requests", asked.Load())
	}
}

// New connections are welcome until the end of the drain wait, however many,
// and refused afterwards.
func TestConnectionStorm(t *testing.T) {
	const wait = time.Second
	r := start(t, func(o *Options) { o.DrainWait = wait })
	host := strings.TrimPrefix(r.api, "http://")
	begun := time.Now()
	r.stop()
	var callers sync.WaitGroup
	var answered atomic.Int64
	for range 32 {
		callers.Go(func() {
			for time.Since(begun) < wait/2 {
				k := &keepAlive{service: func() string { return host }}
				resp, err := k.ask()
				k.close()
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("after %v: %v %v", time.Since(begun), resp, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	callers.Wait()
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took < wait || took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if answered.Load() < 64 {
		t.Errorf("only %d connections were answered", answered.Load())
	}
	if _, err := (&keepAlive{service: func() string { return host }}).ask(); err == nil {
		t.Error("a connection after the stop was answered")
	}
}

// begin sends the header of a prediction and the first byte of its body.
func begin(t *testing.T, host string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST /predict HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// status is that of the answer, or 0 when the connection was cut.
func status(conn net.Conn) int {
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A request that begins in the last moment of the drain wait is answered, even
// if its body comes after the stop has begun.
func TestLastMoment(t *testing.T) {
	const wait = time.Second
	r := start(t, func(o *Options) { o.DrainWait = wait })
	begun := time.Now()
	r.stop()
	time.Sleep(wait - 400*time.Millisecond) // a machine may be busy
	conn := begin(t, strings.TrimPrefix(r.api, "http://"))
	time.Sleep(time.Until(begun.Add(wait + 200*time.Millisecond)))
	if _, err := io.WriteString(conn, `"a":1234}`); err != nil {
		t.Fatal(err)
	}
	if got := status(conn); got != http.StatusServiceUnavailable { // there is no predict in this test
		t.Errorf("status %d, want predict's 503", got)
	}
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
}

// A client that trickles its body does not hold up the stop for ever: either
// its time is over, or the stop's.
func TestTrickle(t *testing.T) {
	for _, c := range []struct {
		name        string
		stopTimeout time.Duration
		status      int
		err         string
	}{
		{"until the request's end", 20 * time.Second, http.StatusRequestTimeout, ""},
		{"until the hard stop", 300 * time.Millisecond, 0, "requests were still in flight after 300ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, func(o *Options) { o.Timeout, o.StopTimeout = 500*time.Millisecond, c.stopTimeout })
			conn := begin(t, strings.TrimPrefix(r.api, "http://"))
			time.Sleep(50 * time.Millisecond)
			begun := time.Now()
			r.stop()
			go func() {
				for range 8 {
					time.Sleep(400 * time.Millisecond)
					_, _ = io.WriteString(conn, " ")
				}
			}()
			if got := status(conn); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			err := r.wait(t)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("Run = %v, want %q", err, c.err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("the stop took %v", took)
			}
			if log := r.log.String(); strings.Contains(log, `"msg":"stopped"`) != (c.err == "") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

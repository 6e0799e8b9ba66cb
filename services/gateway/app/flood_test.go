package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/treehouse-ml/treehouse/services/internal/h2test"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// question is the header of a prediction whose body has no end yet.
var question = []string{":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/predict", "content-type", "application/json"}

// What one connection of HTTP/2 may do is bounded in memory and goroutines, and
// others are answered meanwhile.
func TestFloods(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	ca := tlstest.NewAuthority(t, "ca")
	r := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))))
	other := client(t, ca.PEM, true)
	secure := &tls.Config{ServerName: "127.0.0.1", RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	secure.RootCAs.AppendCertsFromPEM(ca.PEM)

	for _, c := range []struct {
		name  string
		flood func(*h2test.Conn)
		ends  bool // the server ends the connection,
		code  http2.ErrCode
		bytes int64 // after it was sent no more than these, of which buffers on the way take some; 0: any
	}{
		{name: "streams that are reset at once", flood: h2test.Resets(question...)},
		{name: "continuations", ends: true, code: http2.ErrCodeProtocol, bytes: 16 << 20, flood: h2test.Continuations(question...)},
		{name: "empty continuations", flood: func(c *h2test.Conn) {
			_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.Block(question...)})
			c.Flood(500*time.Millisecond, func(int) error { return c.WriteContinuation(1, false, nil) })
		}},
		{name: "a header that is small on the way", ends: true, code: http2.ErrCodeProtocol, bytes: 16 << 20, flood: h2test.SmallOnTheWay(question...)},
		{name: "pings", flood: func(c *h2test.Conn) {
			c.Flood(500*time.Millisecond, func(i int) error { return c.WritePing(false, [8]byte{byte(i)}) })
		}},
		{name: "settings", flood: h2test.Settings},
		{name: "empty data", flood: h2test.EmptyData(question...)},
		{name: "windows", ends: true, code: http2.ErrCodeFlowControl, flood: func(c *h2test.Conn) {
			c.Flood(500*time.Millisecond, func(int) error { return c.WriteWindowUpdate(0, 1<<30) })
		}},
		{name: "priorities", flood: func(c *h2test.Conn) {
			c.Flood(500*time.Millisecond, func(i int) error {
				return c.WritePriority(uint32(2*i+1), http2.PriorityParam{StreamDep: uint32(2*i + 3), Weight: byte(i)})
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watch := h2test.NewWatch(t)
			conn := h2test.Dial(t, strings.TrimPrefix(r.api, "http://"), secure)
			stop, slowest := asking(other, overTLS(r)+"/health")
			c.flood(conn)
			if took, err := stop(), slowest.err; err != nil || took > 2*time.Second {
				t.Errorf("another caller waited %v: %v", took, err)
			}
			wait := 100 * time.Millisecond
			if c.ends {
				wait = 10 * time.Second // what was sent has to be read first
			}
			code, err := conn.Wait(wait)
			if c.ends && (err != nil || code != c.code) || err == nil && c.bytes > 0 && conn.Written() > c.bytes {
				t.Errorf("after %d bytes the connection ended with %v, %v", conn.Written(), code, err)
			}
			conn.Close()
			watch.Within(300, 64<<20)
			watch.Settles(20)
		})
	}
	if log := r.log.String(); strings.Contains(log, "panic") {
		t.Errorf("log: %s", log)
	}
}

// Clients that take their time, on either version of HTTP: what they hold is
// given back when their time is over, and others are answered meanwhile.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as an answer may")
	}
	ca := tlstest.NewAuthority(t, "ca")
	certificate := secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM)))
	short := func(o *Options) { o.Timeout, o.IdleTimeout = 300*time.Millisecond, 2*time.Second }
	r, plain := start(t, certificate, short), start(t, short)
	secure := &tls.Config{ServerName: "127.0.0.1", RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	secure.RootCAs.AppendCertsFromPEM(ca.PEM)
	other := client(t, ca.PEM, true)
	document := []string{":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/openapi.json"}
	closed := func(conn net.Conn) bool {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err := io.Copy(io.Discard, conn)
		return err == nil || !errors.Is(err, os.ErrDeadlineExceeded)
	}

	watch := h2test.NewWatch(t)
	stop, slowest := asking(other, overTLS(r)+"/health")
	var headers, readers []net.Conn
	var bodies, still, halves []*h2test.Conn
	for range 20 {
		headers = append(headers, say(t, plain.api, "POST /predict HTTP/1.1\r\nHost: a\r\nX: "))
		readers = append(readers, say(t, plain.api, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", 200)))
		body := h2test.Dial(t, strings.TrimPrefix(r.api, "http://"), secure)
		reader := h2test.Dial(t, strings.TrimPrefix(r.api, "http://"), secure, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		half := h2test.Dial(t, strings.TrimPrefix(r.api, "http://"), secure)
		_ = half.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: half.Block(question...)}) // and no more of it
		for i := range 100 {
			_ = body.Open(uint32(2*i+1), false, question...)
			_ = body.WriteData(uint32(2*i+1), false, []byte(`{"a":`))
			_ = reader.Open(uint32(2*i+1), true, document...)
		}
		bodies, still, halves = append(bodies, body), append(still, reader), append(halves, half)
	}
	for i := range 20 {
		if !closed(headers[i]) {
			t.Error("a header that does not end is waited for")
		}
		if _, ended := bodies[i].Eventually(199, 5*time.Second); !ended {
			t.Error("a body that does not end is waited for")
		}
		if _, err := halves[i].Wait(10 * time.Second); err != nil {
			t.Errorf("half of a header of HTTP/2: %v", err)
		}
	}
	for i := range 20 {
		if _, reset := still[i].Eventually(199, 15*time.Second); !reset {
			t.Error("an answer that nobody takes is kept")
		}
		still[i].Close()
		bodies[i].Close()
	}
	for _, conn := range readers { // reads what is on its way, and then the end
		if !closed(conn) {
			t.Error("who reads nothing keeps a connection")
		}
	}
	if took := stop(); slowest.err != nil || took > 2*time.Second {
		t.Errorf("another caller waited %v: %v", took, slowest.err)
	}
	watch.Within(20*(1+1+2*100+40)+200, 128<<20)
	watch.Settles(20)
}

// say sends a text on a connection of its own, and takes next to nothing.
func say(t *testing.T, url, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A patient is a caller who asks one thing after the other.
type patient struct {
	most time.Duration
	err  error
}

// asking asks until it is stopped, which returns how long the slowest answer took.
func asking(c *http.Client, url string) (stop func() time.Duration, p *patient) {
	p = &patient{}
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			begun := time.Now()
			resp, err := c.Get(url)
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %d", resp.StatusCode)
				}
			}
			if p.most = max(p.most, time.Since(begun)); err != nil {
				p.err = err
			}
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() time.Duration { close(end); <-done; return p.most }, p
}

// A header has 32 KB, of which the library takes a little more.
func TestLargeHeaders(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	r := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))))
	for _, h2 := range []bool{false, true} {
		for size, want := range map[int]int{30 << 10: http.StatusOK, 40 << 10: http.StatusRequestHeaderFieldsTooLarge} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, overTLS(r)+"/health", nil)
			if err != nil {
				t.Fatal(err)
			}
			for range size >> 10 {
				req.Header.Add("Cookie", strings.Repeat("x", 1000))
			}
			resp, err := client(t, ca.PEM, h2).Do(req)
			if h2 && err != nil && want != http.StatusOK && strings.Contains(err.Error(), "larger than peer's advertised limit") {
				continue // the client had heard of the limit before it asked
			}
			if err != nil {
				t.Errorf("HTTP/2 %v, %d bytes: %v", h2, size, err)
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s, %d bytes: %d, want %d", resp.Proto, size, resp.StatusCode, want)
			}
		}
	}
}

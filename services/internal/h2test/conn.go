// Package h2test speaks HTTP/2 frame by frame, for tests that attack a server
// with what no library would send, and watches what that costs the process.
package h2test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A Conn is a client's connection whose preface is sent. Frames are written
// with its Framer, by one goroutine; what the server sends is read by another
// and remembered.
type Conn struct {
	*http2.Framer
	raw     *counted
	block   bytes.Buffer
	encoder *hpack.Encoder
	done    chan struct{}

	mu     sync.Mutex
	goAway http2.ErrCode
	gone   bool // GOAWAY came
	resets map[uint32]http2.ErrCode
	ended  map[uint32]bool
	frames map[http2.FrameType]int
}

// counted counts what is written.
type counted struct {
	net.Conn
	mu sync.Mutex
	n  int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += int64(n)
	return n, err
}

// Dial connects to an address, in plain text without a configuration, and
// sends the preface with these settings. What takes longer than 20 s fails. The
// connection is closed when the test ends.
func Dial(t testing.TB, address string, config *tls.Config, settings ...http2.Setting) *Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // a net.Conn takes it
	if config != nil {
		config = config.Clone()
		config.NextProtos = []string{"h2"}
		conn = tls.Client(conn, config)
	}
	raw := &counted{Conn: conn}
	c := &Conn{Framer: http2.NewFramer(raw, conn), raw: raw, done: make(chan struct{}),
		resets: map[uint32]http2.ErrCode{}, ended: map[uint32]bool{}, frames: map[http2.FrameType]int{}}
	c.encoder = hpack.NewEncoder(&c.block)
	if _, err := raw.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	go c.read()
	return c
}

// read remembers what comes, and answers nothing of it.
func (c *Conn) read() {
	defer close(c.done)
	for {
		frame, err := c.ReadFrame()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.frames[frame.Header().Type]++
		switch f := frame.(type) {
		case *http2.GoAwayFrame:
			c.goAway, c.gone = f.ErrCode, true
		case *http2.RSTStreamFrame:
			c.resets[f.StreamID] = f.ErrCode
		case *http2.HeadersFrame:
			c.ended[f.StreamID] = c.ended[f.StreamID] || f.StreamEnded()
		case *http2.DataFrame:
			c.ended[f.StreamID] = c.ended[f.StreamID] || f.StreamEnded()
		}
		c.mu.Unlock()
	}
}

// Block encodes a header: names and values, in turn.
func (c *Conn) Block(fields ...string) []byte {
	c.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // to a buffer
	}
	return bytes.Clone(c.block.Bytes())
}

// Open sends the header of a request in one frame.
func (c *Conn) Open(stream uint32, end bool, fields ...string) error {
	return c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.Block(fields...), EndHeaders: true, EndStream: end})
}

// Flood calls send with 0, 1, 2… until the server ends the connection, or the
// time is over.
func (c *Conn) Flood(last time.Duration, send func(i int) error) (sent int) {
	for end := time.Now().Add(last); time.Now().Before(end); sent++ {
		select {
		case <-c.done:
			return sent
		default:
		}
		if send(sent) != nil {
			return sent
		}
	}
	return sent
}

// ErrOpen is that the server has not ended the connection.
var ErrOpen = errors.New("the connection is open")

// Wait waits for the end of the connection and returns the code that the server
// gave, NO_ERROR without one; or [ErrOpen].
func (c *Conn) Wait(most time.Duration) (http2.ErrCode, error) {
	select {
	case <-c.done:
	case <-time.After(most):
		return 0, ErrOpen
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.goAway, nil
}

// Eventually waits until a stream was reset, or answered to its end.
func (c *Conn) Eventually(stream uint32, most time.Duration) (reset http2.ErrCode, ended bool) {
	for end := time.Now().Add(most); ; time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		code, isReset := c.resets[stream]
		isEnded := c.ended[stream]
		c.mu.Unlock()
		if isReset || isEnded || time.Now().After(end) {
			return code, isReset || isEnded
		}
	}
}

// Resets is how many streams the server has reset.
func (c *Conn) Resets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.resets)
}

// Received is how many frames of a type came.
func (c *Conn) Received(of http2.FrameType) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames[of]
}

// Written is how many bytes were sent, or are on their way.
func (c *Conn) Written() int64 {
	c.raw.mu.Lock()
	defer c.raw.mu.Unlock()
	return c.raw.n
}

// Close ends the connection.
func (c *Conn) Close() {
	_ = c.raw.Close()
	<-c.done
}

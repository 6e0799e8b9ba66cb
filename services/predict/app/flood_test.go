package app

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/h2test"
)

// question is the header of a prediction.
var question = []string{":method", "POST", ":scheme", "http", ":authority", "a", ":path", predictv1.PredictService_Predict_FullMethodName,
	"content-type", "application/grpc", "te", "trailers"}

// message is one as gRPC sends it, after its length.
func message(compressed byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{compressed}, uint32(len(body))), body...)
}

// What one connection may do is bounded in memory and goroutines, and others
// are answered meanwhile.
func TestFloods(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := start(t, nil)
	s.ready()
	var none http2.ErrCode
	for _, c := range []struct {
		name  string
		flood func(*h2test.Conn)
		ends  bool // the server ends the connection,
		code  http2.ErrCode
		bytes int64 // after it was sent no more than these, of which buffers on the way take some; 0: any
	}{
		{name: "streams that are reset at once", flood: h2test.Resets(question...)},
		{name: "more streams than allowed", flood: func(c *h2test.Conn) {
			for i := range 3000 {
				_ = c.Open(uint32(2*i+1), false, question...)
			}
			if code, ended := c.Eventually(2*2999+1, 5*time.Second); !ended || code != http2.ErrCodeRefusedStream || c.Resets() != 2000 {
				t.Errorf("of 3000 streams %d were refused, the last with %v", c.Resets(), code)
			}
		}},
		{name: "continuations", ends: true, code: none, bytes: 16 << 20, flood: h2test.Continuations(question...)},
		{name: "a header that is small on the way", ends: true, code: none, bytes: 16 << 20, flood: h2test.SmallOnTheWay(question...)},
		{name: "a header that is too long", flood: func(c *h2test.Conn) {
			for i := range 9 {
				long := strings.Repeat("y", 8<<10)
				block := c.Block(append(question, "a", long, "b", long, "c", long, "d", long, "e", long, "f", long, "g", long, "h", long, "i", long)...)
				id := uint32(2*i + 1)
				_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:16<<10]})
				for block = block[16<<10:]; len(block) > 16<<10; block = block[16<<10:] {
					_ = c.WriteContinuation(id, false, block[:16<<10])
				}
				_ = c.WriteContinuation(id, true, block)
				if code, ended := c.Eventually(id, 5*time.Second); !ended || code != http2.ErrCodeFrameSize {
					t.Errorf("stream %d: %v %v", id, code, ended)
				}
			}
		}},
		{name: "pings", ends: true, code: http2.ErrCodeEnhanceYourCalm, flood: func(c *h2test.Conn) {
			c.Flood(time.Second, func(i int) error { return c.WritePing(false, [8]byte{byte(i)}) })
		}},
		{name: "settings", flood: h2test.Settings},
		{name: "empty data", flood: h2test.EmptyData(question...)},
		{name: "empty messages", flood: func(c *h2test.Conn) {
			_ = c.Open(1, false, question...)
			c.Flood(500*time.Millisecond, func(int) error { return c.WriteData(1, false, message(0, nil)) })
		}},
		{name: "windows", flood: func(c *h2test.Conn) {
			c.Flood(500*time.Millisecond, func(int) error { return c.WriteWindowUpdate(0, 1<<20) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watch := h2test.NewWatch(t)
			conn := h2test.Dial(t, s.address, nil)
			stop := s.asking(t)
			c.flood(conn)
			stop()
			wait := 100 * time.Millisecond
			if c.ends {
				wait = 10 * time.Second // what was sent has to be read first
			}
			code, err := conn.Wait(wait)
			if c.ends && (err != nil || code != c.code) || err == nil && c.bytes > 0 && conn.Written() > c.bytes {
				t.Errorf("after %d bytes the connection ended with %v, %v", conn.Written(), code, err)
			}
			conn.Close()
			watch.Within(2200, 64<<20) // 1,000 streams, and their ends
			watch.Settles(20)
		})
	}
}

// asking asks for a prediction again and again until it is stopped; no answer
// may take long.
func (s *service) asking(t *testing.T) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	var slowest time.Duration
	var failed error
	go func() {
		defer close(done)
		for {
			begun := time.Now()
			if _, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house()); err != nil {
				failed = err
			}
			slowest = max(slowest, time.Since(begun))
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() {
		t.Helper()
		close(end)
		if <-done; failed != nil || slowest > 2*time.Second {
			t.Errorf("another caller waited %v: %v", slowest, failed)
		}
	}
}

// Who sends half a message, or takes no answer, has the time of a call, and at
// most that of a connection.
func TestSlowClients(t *testing.T) {
	s := start(t, func(o *Options) {
		o.Timeout, o.MaxConnectionAge, o.StopTimeout = 300*time.Millisecond, 2*time.Second, time.Second
	})
	s.ready()
	watch := h2test.NewWatch(t)
	stop := s.asking(t)
	half := h2test.Dial(t, s.address, nil)
	closed := h2test.Dial(t, s.address, nil, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	silent := h2test.Dial(t, s.address, nil)
	header := h2test.Dial(t, s.address, nil)
	_ = header.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: header.Block(question...)}) // and no more of it
	health := append(question[:6:6], ":path", grpc_health_v1.Health_Check_FullMethodName, "content-type", "application/grpc", "te", "trailers")
	for i := range 500 {
		stream := uint32(2*i + 1)
		_ = half.Open(stream, false, question...)
		_ = half.WriteData(stream, false, message(0, make([]byte, 100))[:50])
		_ = closed.Open(stream, false, health...)
		_ = closed.WriteData(stream, true, message(0, nil))
	}
	begun := time.Now()
	if _, ended := half.Eventually(999, 5*time.Second); !ended {
		t.Error("a message that does not end is waited for")
	} else if took := time.Since(begun); took > 1500*time.Millisecond {
		t.Errorf("a message that does not end was waited for %v", took)
	}
	for name, conn := range map[string]*h2test.Conn{"no window": closed, "nothing asked": silent, "half a header": header, "half a message": half} {
		if _, err := conn.Wait(6 * time.Second); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop()
	watch.Within(2200, 64<<20)
	watch.Settles(20)
}

// A message of 1 MB that decompresses to 256 is refused before it is there.
func TestBombs(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxMessageBytes = 4 << 20 })
	s.ready()
	var bomb bytes.Buffer
	w, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	zeros := make([]byte, 1<<20)
	for range 256 {
		_, _ = w.Write(zeros)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	watch := h2test.NewWatch(t)
	conn := h2test.Dial(t, s.address, nil)
	for i := range 20 {
		stream := uint32(2*i + 1)
		if err := conn.Open(stream, false, append(question, "grpc-encoding", "gzip")...); err != nil {
			t.Fatal(err)
		}
		for rest := message(1, bomb.Bytes()); len(rest) > 0; {
			n := min(len(rest), 16<<10)
			if err := conn.WriteData(stream, len(rest) == n, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if _, ended := conn.Eventually(stream, 5*time.Second); !ended {
			t.Fatalf("bomb %d has no answer", i)
		}
	}
	watch.Within(100, 64<<20)
	if _, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house()); status.Code(err) != codes.OK {
		t.Error(err)
	}
}

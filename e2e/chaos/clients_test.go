//go:build chaos && linux

package chaos

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A crowd is clients that hold connections and do as little as they can.
type crowd struct {
	mu    sync.Mutex
	conns []net.Conn
	end   chan struct{}
}

// join connects n clients. Each sends head, and then a byte a second.
func (c *crowd) join(address string, n int, head, more string) {
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error { // so that little is read for them
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	for range n {
		conn, err := dialer.Dial("tcp", address)
		if err != nil {
			continue
		}
		c.mu.Lock()
		c.conns = append(c.conns, conn)
		c.mu.Unlock()
		go func() {
			_, err := conn.Write([]byte(head))
			for err == nil {
				select {
				case <-c.end:
					return
				case <-time.After(time.Second):
				}
				_, err = conn.Write([]byte(more))
			}
		}()
	}
}

func (c *crowd) leave() {
	close(c.end)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
}

// A thousand clients that take their time are no matter to the others.
func TestClients(t *testing.T) {
	slow := &crowd{end: make(chan struct{})}
	fault{
		name: "a thousand slow clients",
		begin: func(s *scene) {
			address := strings.TrimPrefix(s.url, "http://")
			slow.join(address, 400, "POST /predict HTTP/1.1\r\nHost: a\r\n", "X") // never ends its header
			body := fmt.Sprintf("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 1<<20)
			slow.join(address, 300, body+`{"longitude":`, " ")                                               // nor its body
			slow.join(address, 300, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", 30), "") // reads nothing
		},
		hold: lasting(6*time.Second, 30*time.Second),
		end:  func(*scene) { slow.leave() },
	}.run(t)

	// Who asks and leaves before the answer, and who talks nonsense.
	fault{
		name: "clients that hang up or talk nonsense",
		begin: func(s *scene) {
			address := strings.TrimPrefix(s.url, "http://")
			for range 150 {
				for _, text := range []string{
					"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + fmt.Sprint(len(house)) + "\r\n\r\n" + house,
					"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
					"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz\r\n",
				} {
					if conn, err := net.Dial("tcp", address); err == nil {
						_, _ = conn.Write([]byte(text))
						conn.Close()
					}
				}
				time.Sleep(10 * time.Millisecond)
			}
		},
		end: func(*scene) {},
	}.run(t)
}

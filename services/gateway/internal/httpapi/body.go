package httpapi

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// uncounted is how large a body may be without counting as buffered.
const uncounted = 64 << 10

// jsonBody reads the request's body, which is to be JSON.
//
// A missing type is fine, and so is that of an HTML form, which curl sends
// when it is not told otherwise: other servers of these protocols take both,
// and their documentation relies on it.
func (c *call) jsonBody() ([]byte, error) { return c.readBody(false) }

// readBody reads the whole body, decompressed, into the call's buffer.
func (c *call) readBody(binary bool) ([]byte, error) {
	if err := checkType(c.r.Header["Content-Type"], binary); err != nil {
		return nil, err
	}
	limit := c.server.o.MaxBody
	if c.r.ContentLength > int64(limit) {
		return nil, tooLarge("the body has %d bytes; at most %d are accepted", c.r.ContentLength, limit)
	}
	encoding := c.r.Header.Get("Content-Encoding")
	var reader io.Reader = c.r.Body
	if encoding != "" && encoding != "identity" {
		plain, err := decompress(encoding, c.r.Body)
		if err != nil {
			return nil, bodyError(err)
		}
		reader = plain
	}
	if err := c.fill(reader, limit); err != nil {
		return nil, err
	}
	return c.body, nil
}

// fill reads to the end of a reader. What a body decompresses to is limited
// like a body, so that a small one cannot become a large one.
func (c *call) fill(reader io.Reader, limit int) error {
	buf := c.body[:0]
	if n := int(c.r.ContentLength); n >= cap(buf) && n <= limit {
		if err := c.hold(n + 1); err != nil {
			return err
		}
		buf = make([]byte, 0, n+1) // one more, so that the end is seen without growing
	} else if cap(buf) == 0 {
		buf = make([]byte, 0, 1024)
	}
	for {
		if len(buf) == cap(buf) {
			if err := c.hold(2 * cap(buf)); err != nil {
				return err
			}
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := reader.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		c.body = buf
		switch {
		case len(buf) > limit:
			return tooLarge("the body has more than %d bytes", limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return bodyError(err)
		}
	}
}

// hold counts a buffer of n bytes against what all requests together may hold.
func (c *call) hold(n int) error {
	more := int64(n) - c.held
	if n <= uncounted || more <= 0 {
		return nil
	}
	c.held += more
	if c.server.buffered.Add(more) > c.server.o.MaxBuffered {
		return &Error{Status: http.StatusTooManyRequests, Code: "overloaded", retryAfter: time.Second,
			Message: "too many large requests are in flight"}
	}
	return nil
}

func bodyError(err error) error {
	var known *Error
	var timeout net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Error{Status: http.StatusRequestTimeout, Code: "slow_body", Message: "the body did not arrive in time"}
	}
	return badRequest("the body cannot be read: %v", err)
}

func decompress(encoding string, body io.Reader) (io.Reader, error) {
	var plain io.Reader
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		plain, err = gzip.NewReader(body)
	case "deflate":
		plain, err = zlib.NewReader(body)
	default:
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
			Message: "Content-Encoding: expected gzip, deflate or none"}
	}
	if err != nil {
		return nil, badRequest("the body is not %s as its Content-Encoding says: %v", encoding, err)
	}
	return plain, nil
}

func checkType(values []string, binary bool) error {
	if len(values) == 0 || values[0] == "application/json" || values[0] == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(values[0])
	switch {
	case err != nil:
	case media == "application/json", strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"),
		media == "application/x-www-form-urlencoded",
		binary && (media == "application/octet-stream" || strings.HasSuffix(media, "+octet-stream")):
		return nil
	}
	want := "application/json"
	if binary {
		want += " or application/octet-stream"
	}
	return &Error{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "Content-Type: expected " + want}
}

package httpapi

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strconv"
	"strings"
)

// worthIt is how large an answer must be to be compressed.
const worthIt = 1024

// writeCompressed answers like write, compressed where the client accepts it.
func (c *call) writeCompressed(status int, body []byte) error {
	header := c.w.Header()
	header.Add("Vary", "Accept-Encoding")
	encoding := ""
	if len(body) >= worthIt {
		encoding = accepted(c.r.Header["Accept-Encoding"])
	}
	if encoding == "" {
		c.write(status, body)
		return nil
	}
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	if encoding == "gzip" {
		w, err = gzip.NewWriterLevel(&out, flate.BestSpeed)
	} else {
		w, err = zlib.NewWriterLevel(&out, flate.BestSpeed)
	}
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	header["Content-Encoding"] = []string{encoding}
	c.write(status, out.Bytes())
	return nil
}

// accepted returns gzip or deflate, whichever the client accepts first, or "".
func accepted(values []string) string {
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			coding, parameters, _ := strings.Cut(item, ";")
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding != "gzip" && coding != "deflate" {
				continue
			}
			quality, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
			if q, err := strconv.ParseFloat(quality, 64); ok && err == nil && q == 0 {
				continue
			}
			return coding
		}
	}
	return ""
}

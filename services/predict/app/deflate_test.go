package app

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/encoding"
)

// What one side writes the other reads, again and again with the same memory,
// and zlib reads it too.
func TestDeflate(t *testing.T) {
	c := encoding.GetCompressor("deflate")
	if c == nil {
		t.Fatal("deflate is not registered")
	}
	for _, message := range []string{"", "a", strings.Repeat("long and easy to compress ", 10_000), "b"} {
		var wire bytes.Buffer
		w, err := c.Compress(&wire)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, message); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		z, err := zlib.NewReader(bytes.NewReader(wire.Bytes()))
		if err != nil {
			t.Fatalf("zlib refuses what was written: %v", err)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != message {
			t.Errorf("zlib reads %d bytes (%v); expected %d", len(got), err, len(message))
		}
		r, err := c.Decompress(&wire)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != message {
			t.Errorf("read %d bytes (%v); expected %d", len(got), err, len(message))
		}
	}
}

// Damage is an error, and the next message is read as if nothing had happened.
func TestDeflateDamage(t *testing.T) {
	c := encoding.GetCompressor("deflate")
	var wire bytes.Buffer
	z := zlib.NewWriter(&wire)
	_, _ = io.WriteString(z, "a message of some length")
	_ = z.Close()
	for name, damaged := range map[string][]byte{
		"nothing":         {},
		"no zlib header":  []byte("plain text"),
		"cut off":         wire.Bytes()[:wire.Len()-6],
		"broken checksum": append(bytes.Clone(wire.Bytes()[:wire.Len()-1]), 0xff),
	} {
		r, err := c.Decompress(bytes.NewReader(damaged))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("%s: read without an error", name)
		}
		r, err = c.Decompress(bytes.NewReader(wire.Bytes()))
		if err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "a message of some length" {
			t.Errorf("after %s: read %q, %v", name, got, err)
		}
	}
}

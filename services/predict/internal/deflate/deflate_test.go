package deflate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/encoding"
)

func TestRoundTrip(t *testing.T) {
	c := encoding.GetCompressor(Name)
	if c == nil {
		t.Fatal("the encoding is not registered")
	}
	for _, text := range []string{"", "a", strings.Repeat("house ", 10_000)} { // the writer is used again
		var b bytes.Buffer
		w, err := c.Compress(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := c.Decompress(&b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%d bytes came back as %d, %v", len(text), len(got), err)
		}
	}
	if _, err := c.Decompress(strings.NewReader("not zlib")); err == nil {
		t.Error("garbage was accepted")
	}
}

// What Python's zlib.compress(b"house") writes.
func TestFormat(t *testing.T) {
	r, err := encoding.GetCompressor(Name).Decompress(strings.NewReader("x\x9c\xcb\xc8/-N\x05\x00\x06s\x02%"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "house" {
		t.Errorf("got %q, %v", got, err)
	}
}

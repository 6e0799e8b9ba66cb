// Package deflate teaches gRPC the message encoding "deflate", which Triton's
// clients offer beside gzip and grpc-go lacks. As in the other gRPC
// implementations it is the zlib format of RFC 1950. Import it for its effect.
package deflate

import (
	"compress/zlib"
	"io"
	"sync"

	"google.golang.org/grpc/encoding"
)

// Name is the encoding's name.
const Name = "deflate"

func init() {
	encoding.RegisterCompressor(&compressor{writers: sync.Pool{New: func() any {
		return &writer{Writer: zlib.NewWriter(io.Discard)}
	}}})
}

type compressor struct{ writers sync.Pool }

func (*compressor) Name() string { return Name }

// A writer goes back to its pool when it is closed.
type writer struct {
	*zlib.Writer
	pool *sync.Pool
}

func (w *writer) Close() error {
	defer w.pool.Put(w)
	return w.Writer.Close()
}

func (c *compressor) Compress(w io.Writer) (io.WriteCloser, error) {
	z := c.writers.Get().(*writer)
	z.pool = &c.writers
	z.Reset(w)
	return z, nil
}

// Decompress reads the header at once; gRPC bounds what is read after it.
func (*compressor) Decompress(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }

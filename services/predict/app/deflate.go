package app

import (
	"compress/zlib"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc/encoding"
)

// gRPC's encoding "deflate" is the zlib format (RFC 1950). grpc-go brings only
// gzip; Triton's clients offer both. How much a message may become is bounded
// by gRPC, which reads no more than MaxMessageBytes.
func init() { encoding.RegisterCompressor(&deflate{}) }

// A deflate keeps the compressors' memory, most of a megabyte each, between
// messages.
type deflate struct{ writers, readers sync.Pool }

func (*deflate) Name() string { return "deflate" }

// Compress implements [encoding.Compressor].
func (d *deflate) Compress(w io.Writer) (io.WriteCloser, error) {
	z, ok := d.writers.Get().(*zlib.Writer)
	if !ok {
		var err error
		if z, err = zlib.NewWriterLevel(w, zlib.BestSpeed); err != nil {
			return nil, err
		}
	}
	z.Reset(w)
	return &deflateWriter{Writer: z, pool: &d.writers}, nil
}

type deflateWriter struct {
	*zlib.Writer
	pool *sync.Pool
}

func (w *deflateWriter) Close() error {
	defer w.pool.Put(w.Writer)
	return w.Writer.Close()
}

// Decompress implements [encoding.Compressor].
func (d *deflate) Decompress(r io.Reader) (io.Reader, error) {
	z, ok := d.readers.Get().(io.ReadCloser)
	if !ok {
		var err error
		if z, err = zlib.NewReader(r); err != nil {
			return nil, err
		}
	} else if err := z.(zlib.Resetter).Reset(r, nil); err != nil {
		d.readers.Put(z)
		return nil, err
	}
	return &deflateReader{Reader: z, pool: &d.readers}, nil
}

// A deflateReader goes back into the pool at its end. It is not read again.
type deflateReader struct {
	io.Reader
	pool *sync.Pool
}

func (r *deflateReader) Read(p []byte) (int, error) {
	if r.Reader == nil {
		return 0, io.EOF
	}
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		r.pool.Put(r.Reader)
		r.Reader = nil
	}
	return n, err
}

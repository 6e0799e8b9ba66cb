package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
)

// Files are the objects below a location, as files that are written and read
// whole. It is safe for concurrent use.
type Files struct{ bucket Bucket }

// NewFiles makes the files at a location. No connection is made yet.
func NewFiles(l Location) *Files {
	return &Files{Bucket{location: l, patience: 30 * time.Second}}
}

// Close ends its connections.
func (f *Files) Close() error { return f.bucket.Close() }

// Put makes an object, as a whole or not at all.
func (f *Files) Put(ctx context.Context, name string, data []byte) error {
	blobs, err := f.bucket.open(ctx)
	if err != nil {
		return err
	}
	l := f.bucket.location
	if err := blobs.WriteAll(ctx, l.prefix+name, data, &blob.WriterOptions{ContentType: "application/vnd.apache.parquet"}); err != nil {
		return explain(err, l.key(name))
	}
	return nil
}

// maxFiles bounds a listing, as a bucket named by mistake may be endless.
const maxFiles = 1_000_000

// List names the objects with that ending, without the location's prefix.
func (f *Files) List(ctx context.Context, ending string) ([]string, error) {
	blobs, err := f.bucket.open(ctx)
	if err != nil {
		return nil, err
	}
	l := f.bucket.location
	var names []string
	for each := blobs.List(&blob.ListOptions{Prefix: l.prefix}); ; {
		object, err := each.Next(ctx)
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, explain(err, l.String())
		}
		if !object.IsDir && strings.HasSuffix(object.Key, ending) {
			names = append(names, strings.TrimPrefix(object.Key, l.prefix))
		}
		if len(names) > maxFiles {
			return nil, fmt.Errorf("%s has more than %d objects; expected the location of a log, or a longer prefix", l, maxFiles)
		}
	}
}

// Get reads an object of at most so many bytes.
func (f *Files) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	blobs, err := f.bucket.open(ctx)
	if err != nil {
		return nil, err
	}
	key := f.bucket.location.key(name)
	r, err := blobs.NewReader(ctx, f.bucket.location.prefix+name, nil)
	if err != nil {
		return nil, explain(err, key)
	}
	defer func() { _ = r.Close() }()
	if r.Size() > most {
		return nil, fmt.Errorf("%s is %d bytes; at most %d are read", key, r.Size(), most)
	}
	data := make([]byte, r.Size())
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, explain(err, key)
	}
	return data, nil
}

package main

import (
	"bytes"
	"context"
	"io"

	"github.com/treehouse-ml/treehouse/services/predict/internal/bucket"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// payloadSource is the payload log that a user names, a directory, a file of
// one, or a URL. It is to be closed.
func payloadSource(log string) (payload.Source, io.Closer, error) {
	if !bucket.IsURL(log) {
		return payload.Directory(log), io.NopCloser(nil), nil
	}
	location, err := bucket.Parse(log)
	if err != nil {
		return nil, nil, misused("log: %v", err)
	}
	files := bucket.NewFiles(location)
	return bucketLog{files}, files, nil
}

// A bucketLog is a payload log in an object store, of which each file is read
// into memory.
type bucketLog struct{ files *bucket.Files }

func (b bucketLog) List(ctx context.Context) ([]string, error) {
	return b.files.List(ctx, ".parquet")
}

func (b bucketLog) Open(ctx context.Context, name string) (payload.Opened, error) {
	data, err := b.files.Get(ctx, name, payloadfile.MaxBytes)
	if err != nil {
		return payload.Opened{}, err
	}
	return payload.Opened{ReaderAt: bytes.NewReader(data), Closer: io.NopCloser(nil), Size: int64(len(data))}, nil
}

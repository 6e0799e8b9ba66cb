// Package bucket reads a model repository in an object store: S3, Google Cloud
// Storage or Azure Blob Storage, by gocloud.dev. The layout and its rules are
// those of package store, which is shown the names of the objects as a tree.
// A version is downloaded as a whole, verified, and then read like one on
// disk; with a cache it stays there for the next start.
//
// Whoever asks is identified by the environment: the credentials of the
// process, of the pod or of the machine, never by anything in the URL.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// A Bucket is a repository in an object store. It is safe for concurrent use.
type Bucket struct {
	location Location
	// patience is how long the store may keep silent: before the answer to a
	// request for names, with the retries of its client, and at any point of a
	// download.
	patience time.Duration
	cache    *cache // nil: downloads are read and forgotten

	opening sync.Mutex
	blobs   *blob.Bucket // nil until it could be opened

	mu       sync.Mutex
	versions map[string]version // of the last listing, by directory
}

// A version is what a listing told about one.
type version struct {
	fingerprint   string
	files         map[string]*object
	objectVersion string // that a pin names
	sha256        string // that a pin names
}

// New makes the repository at a location, with a cache in a directory that
// holds at most so many bytes; without a directory nothing is kept. No
// connection is made yet.
func New(l Location, cacheDirectory string, cacheBytes int64) (*Bucket, error) {
	b := &Bucket{location: l, patience: 30 * time.Second}
	if cacheDirectory != "" {
		var err error
		if b.cache, err = openCache(cacheDirectory, cacheBytes); err != nil {
			return nil, fmt.Errorf("cache %s: %w", cacheDirectory, err)
		}
	}
	return b, nil
}

// Close ends its connections and leaves the cache to the next process.
func (b *Bucket) Close() error {
	b.opening.Lock()
	defer b.opening.Unlock()
	var err error
	if b.blobs != nil {
		err = b.blobs.Close()
		b.blobs = nil
	}
	if b.cache != nil {
		err = errors.Join(err, b.cache.close())
	}
	return err
}

// open opens the bucket when it is first needed: what identifies this process
// may come later than the process.
func (b *Bucket) open(ctx context.Context) (*blob.Bucket, error) {
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.blobs == nil {
		blobs, err := blob.OpenBucket(ctx, b.location.url)
		if err != nil {
			return nil, explain(err, b.location.bucket)
		}
		b.blobs = blobs
	}
	return b.blobs, nil
}

// Open opens a version of the last listing: from the cache, or by downloading
// it. Where another attempt may succeed the error is a
// [*store.UnavailableError].
func (b *Bucket) Open(ctx context.Context, found store.Found, maxBytes int64) (*store.Files, error) {
	b.mu.Lock()
	v, ok := b.versions[found.Dir]
	b.mu.Unlock()
	if !ok || v.fingerprint != found.Fingerprint {
		return nil, &store.UnavailableError{Err: errors.New("it changed while it was being read")}
	}
	if b.cache != nil {
		return b.openCached(ctx, found, v, maxBytes)
	}
	dir, err := os.MkdirTemp("", "treehouse-")
	if err != nil {
		return nil, fmt.Errorf("a temporary directory for the download (or name a cache): %w", err)
	}
	// The open artifact outlives its name.
	defer func() { _ = os.RemoveAll(dir) }()
	if err := b.download(ctx, v, found.Dir, dir, maxBytes, unlimited{}); err != nil {
		return nil, err
	}
	return store.OpenDirectory(dir, maxBytes)
}

func (b *Bucket) openCached(ctx context.Context, found store.Found, v version, maxBytes int64) (*store.Files, error) {
	name := b.entry(found)
	if !b.cache.has(name) {
		err := b.cache.fill(name, func(dir string, space reserver) error {
			return b.download(ctx, v, found.Dir, dir, maxBytes, space)
		})
		if err != nil {
			return nil, err
		}
	}
	files, err := store.OpenDirectory(b.cache.path(name), maxBytes)
	if errors.Is(err, fs.ErrNotExist) { // it was sound a moment ago: evicted meanwhile, or cleaned away by others
		b.cache.forget(name)
		return nil, &store.UnavailableError{Err: fmt.Errorf("it went from the cache: %w", err)}
	}
	return files, err
}

// entry names a version in the cache: other bytes, or those of another
// repository, have another name.
func (b *Bucket) entry(found store.Found) string {
	return entryName(found.Name, found.Number, b.location.url+"\n"+b.location.prefix+"\n"+found.Dir+"\n"+found.Fingerprint)
}

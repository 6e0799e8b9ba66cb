package bucket

import (
	"bytes"
	"context"
	"crypto/md5" // #nosec G501 -- what stores tell of content; sha256 is the proof
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// A reserver grants the room for a file before it is written.
type reserver interface{ reserve(bytes int64) error }

type unlimited struct{}

func (unlimited) reserve(int64) error { return nil }

// A download is one version on its way into a directory.
type download struct {
	b     *Bucket
	blobs *blob.Bucket
	from  string // directory in the repository
	to    string // directory on this machine
	space reserver
}

// download puts what a version is made of into a directory, and verifies it.
func (b *Bucket) download(ctx context.Context, v version, from, to string, maxBytes int64, space reserver) error {
	blobs, err := b.open(ctx)
	if err != nil {
		return err
	}
	d := download{b, blobs, from, to, space}
	var manifest *store.Manifest
	if o := v.files[store.ManifestName]; o != nil {
		data, err := d.text(ctx, store.ManifestName, o)
		if err != nil {
			return err
		}
		if manifest, err = store.ParseManifest(data); err != nil {
			return err
		}
	}
	var flavor *store.MLmodel
	if o := v.files[store.MLmodelName]; o != nil {
		data, err := d.text(ctx, store.MLmodelName, o)
		if err != nil {
			return err
		}
		if flavor, err = store.ParseMLmodel(data); err != nil {
			return err
		}
	}
	artifact, golden, err := store.Parts(manifest, flavor, slices.Sorted(maps.Keys(v.files)))
	if err != nil {
		return err
	}
	if golden != "" {
		if _, err := d.file(ctx, golden, v.files[golden], store.MaxGolden); err != nil {
			return err
		}
	}
	o := v.files[artifact]
	if v.objectVersion != "" {
		// Its key may be deleted by now, or have a name that only model.yaml knows.
		o = &object{key: b.location.prefix + from + "/" + artifact, size: -1, version: v.objectVersion}
	}
	sum, err := d.file(ctx, artifact, o, maxBytes)
	if err != nil {
		return err
	}
	if err := store.Verify(manifest, v.sha256, sum); err != nil {
		if v.objectVersion != "" {
			return fmt.Errorf("%s, object version %s: %w", b.location.key(from+"/"+artifact), v.objectVersion, err)
		}
		return fmt.Errorf("%s: %w", b.location.key(from+"/"+artifact), err)
	}
	return nil
}

// file downloads an object and returns its sha256.
func (d *download) file(ctx context.Context, name string, o *object, maxBytes int64) (string, error) {
	key := d.b.location.key(d.from + "/" + name)
	switch {
	case o == nil:
		return "", fmt.Errorf("%s: no such object, which %s names", key, store.ManifestName)
	case o.size > maxBytes:
		return "", tooLarge(key, o.size, maxBytes)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(d.b.patience, func() { cancel(fmt.Errorf("it stood still for %v", d.b.patience)) })
	defer stall.Stop()
	failed := func(err error) error {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return explain(err, key)
	}

	var refused error
	r, err := d.blobs.NewReader(ctx, o.key, &blob.ReaderOptions{BeforeRead: func(as func(any) bool) error {
		refused = o.exactly(as)
		return refused
	}})
	if refused != nil {
		return "", fmt.Errorf("%s: %w", key, refused)
	}
	if err != nil {
		return "", failed(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	switch size := r.Size(); {
	case size > maxBytes:
		return "", tooLarge(key, size, maxBytes)
	case o.size >= 0 && o.size != size:
		return "", &store.UnavailableError{Err: fmt.Errorf("%s: %d bytes, listed with %d: it changed meanwhile", key, size, o.size)}
	}
	if err := d.space.reserve(r.Size()); err != nil {
		return "", err
	}
	file, err := os.OpenFile(filepath.Join(d.to, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 G703 -- a plain name, below a new directory
	if err != nil {
		return "", &store.UnavailableError{Err: err}
	}
	sum, weak := sha256.New(), md5.New() // #nosec G401 -- see the import
	content := &watched{ctx: ctx, r: r, after: func() { stall.Reset(d.b.patience) }}
	n, err := io.Copy(io.MultiWriter(file, sum, weak), io.LimitReader(content, r.Size()+1))
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	switch {
	case content.err != nil:
		return "", failed(content.err)
	case err != nil: // of this machine's disk
		return "", &store.UnavailableError{Err: err}
	case n != r.Size():
		return "", &store.UnavailableError{Err: fmt.Errorf("%s: got %d bytes of %d", key, n, r.Size())}
	case o.md5 != nil && !bytes.Equal(o.md5, weak.Sum(nil)):
		return "", &store.UnavailableError{Err: fmt.Errorf("%s: its content is not what was listed: damaged on the way, or it changed meanwhile", key)}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// text downloads a file that describes the version, and reads it.
func (d *download) text(ctx context.Context, name string, o *object) ([]byte, error) {
	if _, err := d.file(ctx, name, o, store.MaxManifest); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(d.to, name)) // #nosec G304 -- written above
}

func tooLarge(key string, size, maxBytes int64) error {
	return fmt.Errorf("%s: %d bytes; at most %d are accepted", key, size, maxBytes)
}

// exactly asks for the content that was listed, or the version that is pinned.
func (o *object) exactly(as func(any) bool) error {
	var options *[]func(*s3.Options)
	if as(&options) {
		*options = append(*options, func(o *s3.Options) {
			// It would be written to stderr, between the lines of our log. What an
			// object's own checksum does not show, our sha256 does.
			o.DisableLogOutputChecksumValidationSkipped = true
		})
	}
	var request *s3.GetObjectInput
	switch is := as(&request); {
	case is && o.version != "":
		request.VersionId = aws.String(o.version)
	case is && o.etag != "":
		request.IfMatch = aws.String(o.etag)
	case o.version != "":
		return errors.New("the desired set pins an objectVersion, which only s3:// has")
	}
	return nil
}

// watched tells of progress, and keeps the reader's error apart from the
// writer's.
type watched struct {
	ctx   context.Context
	r     io.Reader
	after func()
	err   error
}

func (w *watched) Read(p []byte) (int, error) {
	if w.err = w.ctx.Err(); w.err != nil {
		return 0, w.err
	}
	n, err := w.r.Read(p)
	w.after()
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

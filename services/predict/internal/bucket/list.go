package bucket

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

const (
	pageSize = 1000
	// maxObjects bounds a listing, as a bucket named by mistake may be endless.
	maxObjects = 100_000
)

// Scan lists the versions: of pins those only, by their own prefixes.
func (b *Bucket) Scan(ctx context.Context, pins []store.Pin) (*store.Listing, error) {
	blobs, err := b.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("model repository: %w", err)
	}
	l := lister{b: b, blobs: blobs, tree: newTree()}
	pinned := map[string]store.Pin{}
	if pins == nil {
		err = l.list(ctx, "", "")
	}
	for _, p := range pins {
		if err == nil {
			var dir string
			dir, err = l.version(ctx, p)
			pinned[dir] = p
		}
	}
	if err != nil {
		return nil, fmt.Errorf("model repository: %w", err)
	}
	for dir, p := range pinned {
		l.pin(dir, p.ObjectVersion)
	}
	listing, err := store.List(l.tree)
	if err != nil {
		return nil, err
	}
	listing.Directories = nil // of this machine there are none
	versions := map[string]version{}
	for _, f := range listing.Versions {
		p := pinned[f.Dir]
		versions[f.Dir] = version{f.Fingerprint, l.tree.files(f.Dir), p.ObjectVersion, p.SHA256}
	}
	b.mu.Lock()
	b.versions = versions
	b.mu.Unlock()
	if b.cache != nil {
		b.cache.want(listing.Versions, b.entry)
	}
	return listing, nil
}

type lister struct {
	b     *Bucket
	blobs *blob.Bucket
	tree  tree
	count int
}

// version lists the objects of one version, and returns its directory.
func (l *lister) version(ctx context.Context, p store.Pin) (string, error) {
	dir := path.Join(p.Name, strconv.FormatInt(p.Version, 10))
	if err := l.list(ctx, dir+"/", ""); err != nil || p.Version != 1 || l.tree[dir] != nil {
		return dir, err
	}
	// It may be a model without versions: files directly below its name.
	return p.Name, l.list(ctx, p.Name+"/", "/")
}

// list enters the objects below a prefix of the repository; up to a delimiter,
// if there is one.
func (l *lister) list(ctx context.Context, prefix, delimiter string) error {
	for token := blob.FirstPageToken; len(token) > 0; {
		objects, next, err := l.page(ctx, token, prefix, delimiter)
		if err != nil {
			return explain(err, l.b.location.key(prefix))
		}
		for _, o := range objects {
			if l.count++; l.count > maxObjects {
				return fmt.Errorf("%s: more than %d objects; expected a repository of models", l.b.location, maxObjects)
			}
			name := strings.TrimPrefix(o.Key, l.b.location.prefix)
			if o.IsDir {
				l.tree.add(strings.TrimSuffix(name, "/")+"/", nil)
			} else {
				l.tree.add(name, describe(o))
			}
		}
		token = next
	}
	return nil
}

func (l *lister) page(ctx context.Context, token []byte, prefix, delimiter string) ([]*blob.ListObject, []byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.b.patience, fmt.Errorf("no answer within %v", l.b.patience))
	defer cancel()
	o := &blob.ListOptions{Prefix: l.b.location.prefix + prefix, Delimiter: delimiter}
	objects, next, err := l.blobs.ListPage(ctx, token, pageSize, o)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return objects, next, err
}

// describe tells what identifies an object's content: in S3 the ETag, else the
// MD5 digest, else when it was written.
func describe(o *blob.ListObject) *object {
	d := &object{key: o.Key, size: o.Size}
	var s3 types.Object
	switch {
	case o.As(&s3) && s3.ETag != nil:
		d.etag = *s3.ETag // not always an MD5 digest, though it may look like one
		d.id = store.Identity(fmt.Sprintf("%d etag %s", d.size, d.etag))
	case len(o.MD5) > 0:
		d.md5 = o.MD5
		d.id = store.Identity(fmt.Sprintf("%d md5 %x", d.size, d.md5))
	default:
		d.id = store.Identity(fmt.Sprintf("%d written %d", d.size, o.ModTime.UnixNano()))
	}
	return d
}

// pin makes a version's artifact that object version, whatever its key holds
// by now. Which file it is, model.yaml may say; here it is each that could be.
func (l *lister) pin(dir, objectVersion string) {
	if objectVersion == "" {
		return
	}
	for name, o := range l.tree.files(dir) {
		if store.IsArtifact(name) {
			o.version, o.id = objectVersion, store.Identity("version "+objectVersion)
		}
	}
}

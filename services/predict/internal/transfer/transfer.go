// Package transfer copies versions from a repository into a directory, so that
// they are there as a whole or not at all: a version is written beside its
// place, checked, and moved there by one rename. What a version is made of is
// copied, model.yaml, the goldens and the artifact, and nothing else.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// A Source is where versions come from.
type Source interface {
	Scan(ctx context.Context, pins []store.Pin) (*store.Listing, error)
	Open(ctx context.Context, found store.Found, maxBytes int64) (*store.Files, error)
}

// Options say what is copied.
type Options struct {
	From     Source
	To       string      // directory of the repository; it is made if need be
	Pins     []store.Pin // exactly these; nil means every version
	MaxBytes int64       // of an artifact
	// Copied is told of each version that is at its place.
	Copied func(Copied)
	// Problem is told of entries of the source that look like models but are not.
	Problem func(string)
}

// Copied is a version that is at its place.
type Copied struct {
	Name   string
	Number int64
	SHA256 string // of the artifact
	Bytes  int64  // of all files
	There  bool   // it was there already, with the same bytes
}

// Copy copies versions. What can be copied is, even where others cannot; the
// error tells each that is missing, damaged or different from what is there.
func Copy(ctx context.Context, o Options) error {
	listing, err := o.From.Scan(ctx, o.Pins)
	if err != nil {
		return err
	}
	for _, p := range listing.Problems {
		o.Problem(p)
	}
	jobs, errs := jobs(listing, o.Pins)
	unlock, err := prepare(o.To)
	if err != nil {
		return err
	}
	defer unlock()
	for _, j := range jobs {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		done, err := o.version(ctx, j)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s version %d: %w", j.found.Name, j.found.Number, err))
			continue
		}
		o.Copied(done)
	}
	return errors.Join(errs...)
}

type job struct {
	found  store.Found
	sha256 string // that a pin demands
}

func jobs(listing *store.Listing, pins []store.Pin) (out []job, missing []error) {
	if pins == nil {
		for _, f := range listing.Versions {
			out = append(out, job{found: f})
		}
		if out == nil {
			missing = append(missing, errors.New("there is no model version to copy"))
		}
		return out, missing
	}
	for _, p := range pins {
		found := false
		for _, f := range listing.Versions {
			if f.Name == p.Name && f.Number == p.Version {
				found = true
				out = append(out, job{f, p.SHA256})
			}
		}
		if !found {
			missing = append(missing, fmt.Errorf("%s version %d of the desired set is not in the repository", p.Name, p.Version))
		}
	}
	return out, missing
}

// version copies one, unless it is there.
func (o *Options) version(ctx context.Context, j job) (Copied, error) {
	done := Copied{Name: j.found.Name, Number: j.found.Number}
	files, err := o.From.Open(ctx, j.found, o.MaxBytes)
	if err != nil {
		return done, err
	}
	defer files.Close()
	files.Artifact = interruptible{ctx, files.Artifact}
	done.Bytes = int64(len(files.Described)) + int64(len(files.Golden)) + files.Size

	place := filepath.Join(o.To, j.found.Name, strconv.FormatInt(j.found.Number, 10))
	if _, err := os.Lstat(place); err == nil {
		done.There = true
		done.SHA256, err = same(files, j, place, o.MaxBytes)
		return done, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return done, err
	}
	done.SHA256, err = write(files, j, place)
	return done, err
}

// same checks that the version at a place has the bytes of files.
func same(files *store.Files, j job, place string, maxBytes int64) (string, error) {
	from, err := verified(files, j)
	if err != nil {
		return "", err
	}
	there, err := store.OpenDirectory(place, maxBytes)
	if err != nil {
		return "", fmt.Errorf("%s is there already and cannot be read: %w", place, err)
	}
	defer there.Close()
	to, err := there.Digests()
	switch {
	case err != nil:
		return "", fmt.Errorf("%s is there already and cannot be read: %w", place, err)
	case from.SHA256 != to.SHA256:
		return "", fmt.Errorf("%s is there already with another model (sha256 %s, to be copied %s); a version is immutable: publish a new one",
			place, to.SHA256, from.SHA256)
	case from != to:
		return "", fmt.Errorf("%s is there already with another %s or goldens; a version is immutable: publish a new one", place, store.ManifestName)
	}
	return from.SHA256, nil
}

// verified reads what is left of the artifact and compares it with what
// model.yaml and the pin say.
func verified(files *store.Files, j job) (store.Digests, error) {
	d, err := files.Digests()
	if err != nil {
		return d, err
	}
	return d, store.Verify(files.Manifest, j.sha256, d.SHA256)
}

// interruptible ends a long copy when ctx does.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

var errClosed = errors.New("the server is stopping")

// A job is what a load or check works on, out of reach of later scans.
type job struct {
	found  store.Found
	sha256 string
}

// An outcome is what a job found out. It is applied with mu held.
type outcome func(v *version)

// run does a job on v in the background, and applies what comes out unless v
// was dropped or unloaded meanwhile. The caller holds mu; v has files and no
// job at work.
func (c *Catalog) run(v *version, started *sync.WaitGroup, work func(context.Context, job) outcome) {
	if c.closed {
		return
	}
	done := make(chan struct{})
	v.done = done
	v.tried = v.attempt()
	if v.loaded == nil {
		v.state, v.reason = model.Loading, ""
	}
	j := job{found: *v.found, sha256: v.sha256}
	ctx := c.running
	c.loads.Add(1)
	started.Add(1)
	go func() {
		defer c.loads.Done()
		defer started.Done()
		c.slots <- struct{}{}
		apply := work(ctx, j)
		<-c.slots
		c.finish(v, apply)
		close(done)
	}()
}

func (c *Catalog) finish(v *version, apply outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v.done = nil
	if c.versions[v.key] != v || v.state == model.Unloaded {
		return
	}
	apply(v)
	c.dropLeaving()
	c.publish()
	if c.scanned {
		// Reading a model leaves garbage behind, several times its size.
		go debug.FreeOSMemory()
	}
}

// load reads a version that is not loaded.
func (c *Catalog) load(ctx context.Context, j job) outcome {
	start := time.Now()
	loaded, digests, err := c.read(ctx, j)
	took := time.Since(start)
	return func(v *version) {
		if err != nil {
			c.failed(v, err.Error())
			c.retry(v, err)
			return
		}
		v.loaded, v.digests, v.retries = loaded, digests, 0
		v.state, v.reason = model.Ready, ""
		c.metrics.loaded(v.key, took)
		if why := loaded.Origin.Fallback; why != "" {
			c.metrics.fellBack(v.key)
			c.o.Log.Warn("model is served by plain code: vector instructions got a golden row wrong",
				"model", v.key.name, "version", v.key.number, "reason", why)
		}
		c.o.Log.Info("model loaded", "model", v.key.name, "version", v.key.number,
			"library", loaded.Origin.Library, "library_version", loaded.Origin.LibraryVersion, "sha256", digests.SHA256,
			"certified", loaded.Origin.Certified, "certified_rows", loaded.Origin.CertifiedRows, "took", took)
	}
}

// check finds out whether a loaded version's files are still those that were
// loaded.
func (c *Catalog) check(ctx context.Context, j job) outcome {
	digests, err := c.digests(ctx, j)
	return func(v *version) {
		switch {
		case v.loaded == nil: // unloaded and asked for again meanwhile
		case err != nil:
			c.failed(v, "its files changed after it was loaded, and what was loaded goes on: "+err.Error())
			c.retry(v, err)
		case digests != v.digests:
			c.failed(v, fmt.Sprintf("its files changed after it was loaded, and what was loaded (sha256 %s) goes on; "+
				"a version is immutable: publish a new one", v.digests.SHA256))
		case store.Verify(nil, j.sha256, digests.SHA256) != nil:
			c.failed(v, store.Verify(nil, j.sha256, digests.SHA256).Error()+", and what was loaded goes on")
		case v.state != model.Ready:
			v.state, v.reason, v.retries = model.Ready, "", 0
			c.o.Log.Info("model's files are those loaded again", "model", v.key.name, "version", v.key.number)
		}
	}
}

// failed records and reports why a version is broken. The caller holds mu.
func (c *Catalog) failed(v *version, reason string) {
	v.fail(reason)
	c.metrics.failed(v.key)
	c.o.Log.Error("model failed", "model", v.key.name, "version", v.key.number,
		"served", v.loaded != nil, "reason", reason)
}

// retry has another attempt made, ever later, after an error that may pass.
// The caller holds mu.
func (c *Catalog) retry(v *version, err error) {
	var unavailable *store.UnavailableError
	if !errors.As(err, &unavailable) {
		return
	}
	v.tried = ""
	v.retries++
	c.scanAfter(c.backoff(v.retries))
}

// backoff is the time after as many failures: a second, doubled each time, and
// not beyond that of the periodic rescan.
func (c *Catalog) backoff(failures int) time.Duration {
	return min(time.Second<<min(failures-1, 16), c.o.Rescan)
}

// read reads and proves a version. A panic of the reader breaks this version,
// not the server.
func (c *Catalog) read(ctx context.Context, j job) (v *model.Version, d store.Digests, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.o.Log.Error("panic while a model was read", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("internal error while reading the model")
		}
	}()
	files, err := c.o.Repository.Open(ctx, j.found, c.o.MaxBytes)
	if err != nil {
		return nil, d, err
	}
	defer files.Close()
	if c.o.RequireCertificate && files.Golden == nil {
		c.metrics.replayed(j.found, false, nil)
		return nil, d, errors.New("it has no certificate (golden.json), and this server requires one")
	}
	read, readErr := c.o.Reader(interruptible{ctx, files.Artifact, files.Size}, files)
	c.metrics.replayed(j.found, files.Golden != nil, readErr)
	// Where the bytes are not those that were meant, that is the explanation,
	// whatever reading them came to.
	if d, err = files.Digests(); err != nil {
		return nil, d, err
	}
	if err := store.Verify(files.Manifest, j.sha256, d.SHA256); err != nil {
		return nil, d, err
	}
	if readErr != nil {
		return nil, d, readErr
	}
	read.Origin.SHA256 = d.SHA256
	read.Origin.Metrics = files.Manifest.Measured()
	return &model.Version{
		Name:     j.found.Name,
		Number:   j.found.Number,
		Model:    read.Model,
		Inputs:   model.NewInputs(read.Model.Signature()),
		Origin:   read.Origin,
		Manifest: files.Manifest,
		Bytes:    read.Bytes,
	}, d, nil
}

func (c *Catalog) digests(ctx context.Context, j job) (store.Digests, error) {
	files, err := c.o.Repository.Open(ctx, j.found, c.o.MaxBytes)
	if err != nil {
		return store.Digests{}, err
	}
	defer files.Close()
	if err := ctx.Err(); err != nil {
		return store.Digests{}, err
	}
	return files.Digests()
}

// interruptible ends a long read when the server stops.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	size int64
}

// Len lets the reader allocate once.
func (i interruptible) Len() int { return int(i.size) }

func (i interruptible) Read(p []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, errClosed
	}
	return i.r.Read(p)
}

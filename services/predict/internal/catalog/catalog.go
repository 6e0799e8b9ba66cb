// Package catalog keeps the models that a server serves. It reads a repository,
// loads versions, proves them by their certificates, and swaps them
// in without a pause: a lookup is one atomic load, and requests in flight keep
// the version they began with. A version that cannot be loaded is reported
// with its reason and replaces nothing. A version never changes: when the
// files of a loaded one do, that is an error, and what was loaded goes on.
//
// What is served is every version found, the newest of a model by default; or,
// where a desired set names versions, exactly those.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// A Repository is where models come from.
type Repository interface {
	// Scan lists the versions. With pins that are not nil it may leave out all
	// others, and what a pin says of where its bytes are holds for Open.
	Scan(ctx context.Context, pins []store.Pin) (*store.Listing, error)
	// Open opens a version that the last scan found. Larger than maxBytes it is
	// refused. After a [*store.UnavailableError] it is tried again.
	Open(ctx context.Context, found store.Found, maxBytes int64) (*store.Files, error)
}

// Options say what a catalog serves and how.
type Options struct {
	Repository Repository
	// Desired is the file of the desired set; empty serves everything found.
	Desired string
	// DefaultModel answers when a request names none; empty means the only one.
	DefaultModel string
	// OnDemand loads a version when it is first asked for, not at the start.
	OnDemand bool
	// Control allows Load and Unload.
	Control bool
	// RequireCertificate refuses a version that comes without goldens.
	RequireCertificate bool
	// MaxBytes is the greatest size of an artifact; 0 means 1 GiB.
	MaxBytes int64
	// Rescan is how often the repository is read even when nothing seems to
	// have changed; 0 means 10 s.
	Rescan time.Duration
	// Reader turns an artifact into a model.
	Reader Reader
	// Notify, if not nil, is told whenever readiness changes.
	Notify func(error)
	// Served, if not nil, is told the versions that are loaded whenever that may
	// have changed. Calls follow one another.
	Served func([]*model.Version)

	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// A Catalog is safe for concurrent use. Run must be running for it to have
// models.
type Catalog struct {
	o       Options
	metrics *metrics
	kick    chan struct{}  // asks Run for a scan
	settle  time.Duration  // settleTime, but in tests
	slots   chan struct{}  // a place for each load at work
	loads   sync.WaitGroup // running loads; added to only while mu is held

	current atomic.Pointer[snapshot]

	scanning sync.Mutex // one scan at a time
	failures int        // scans in a row that failed; guarded by scanning

	mu       sync.Mutex
	versions map[key]*version
	desired  []store.Pin // the last valid desired set
	pinned   bool        // there was one
	unloaded map[string]bool
	problems map[string]bool // of the last scan
	scanned  bool            // the first scan's loads are done
	broken   bool            // the last scan could not read the repository
	ready    error           // latched once nil

	directories []string        // to watch
	running     context.Context // of Run; loads end with it
	closed      bool            // no more loads
}

type key struct {
	name   string
	number int64
}

var (
	errNotScanned = errors.New("the repository was not read yet")
	errUnreadable = errors.New("the repository cannot be read")
	errNoDesired  = errors.New("the desired set cannot be read")
	errNothing    = errors.New("the repository holds no model that can be served")
)

// New returns an empty catalog of a repository.
func New(o Options) *Catalog {
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	if o.Rescan == 0 {
		o.Rescan = 10 * time.Second
	}
	c := &Catalog{
		o:        o,
		kick:     make(chan struct{}, 1),
		settle:   settleTime,
		slots:    make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
		versions: map[key]*version{},
		unloaded: map[string]bool{},
		problems: map[string]bool{},
		ready:    errNotScanned,
		running:  context.Background(),
	}
	c.current.Store(&snapshot{})
	c.metrics = newMetrics(c, o.Registerer)
	return c
}

// Run reads the repository, then follows its changes until ctx ends. It
// returns when every load has ended.
func (c *Catalog) Run(ctx context.Context) {
	c.mu.Lock()
	c.running = ctx
	c.mu.Unlock()
	defer c.close()
	w := newWatcher(c.o.Log)
	defer w.close()

	rescan := time.NewTicker(c.o.Rescan)
	defer rescan.Stop()
	for {
		c.scan()
		if w.follow(c.watched()) {
			c.scanAfter(0) // for what changed before it was watched
		}
		select {
		case <-ctx.Done():
			return
		case <-rescan.C:
		case <-c.kick:
		case <-w.changed():
			if !w.settle(ctx) {
				return
			}
		case err := <-w.errors():
			w.warn(err)
		}
	}
}

// close waits for the loads at work, which have seen Run's context end.
func (c *Catalog) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.loads.Wait()
}

func (c *Catalog) watched() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.directories // none while nothing could be read yet
}

// scanAfter asks for another scan in a while.
func (c *Catalog) scanAfter(d time.Duration) {
	time.AfterFunc(d, func() {
		select {
		case c.kick <- struct{}{}:
		default: // one is due already
		}
	})
}

// Ready returns nil once the catalog has what it is to serve: in a desired
// set every version, else at least one of those found. From then on it stays
// nil: a later change must not take a server away that answers well.
func (c *Catalog) Ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready
}

// judge sets readiness from the versions. The caller holds mu.
func (c *Catalog) judge() {
	if c.ready == nil {
		return
	}
	ready := c.missing()
	if ready != nil && ready.Error() == c.ready.Error() {
		return
	}
	c.ready = ready
	if c.o.Notify != nil {
		c.o.Notify(ready)
	}
}

// missing returns what keeps the catalog from being ready. The caller holds mu.
func (c *Catalog) missing() error {
	if c.o.Desired != "" && !c.pinned {
		return errNoDesired
	}
	if !c.scanned && c.broken {
		return errUnreadable
	}
	if !c.scanned {
		return errNotScanned
	}
	if c.o.Desired != "" {
		for _, p := range c.desired {
			if v := c.versions[key{p.Name, p.Version}]; v == nil || !v.usable() {
				return fmt.Errorf("%s version %d of the desired set is not loaded", p.Name, p.Version)
			}
		}
		return nil
	}
	for _, v := range c.versions {
		if v.usable() {
			return nil
		}
	}
	if c.o.Control {
		return nil // models come by request
	}
	return errNothing
}

// Lookup returns the version to answer with: of the default model where name
// is empty, its default version where number is 0. In on-demand mode it loads
// the version if need be, and waits. Errors are [*model.NotFoundError],
// [*model.NotServedError] and the context's.
func (c *Catalog) Lookup(ctx context.Context, name string, number int64) (*model.Version, error) {
	for {
		v, err := c.current.Load().find(name, number)
		if err != nil {
			return nil, err
		}
		if v.loaded != nil {
			return v.loaded, nil
		}
		if !v.onDemand {
			return nil, v.notServed()
		}
		if err := c.demand(ctx, v.key); err != nil {
			return nil, err
		}
	}
}

// Models describes every model, in order of names. Callers must not change it.
func (c *Catalog) Models() []model.Summary { return c.current.Load().summaries }

// Served returns the versions that are loaded, in no order.
func (c *Catalog) Served() []*model.Version {
	var served []*model.Version
	for _, e := range c.current.Load().models {
		for _, v := range e.versions {
			if v.loaded != nil {
				served = append(served, v.loaded)
			}
		}
	}
	return served
}

// DefaultModel is the name of the model that answers when none is named; ""
// without one.
func (c *Catalog) DefaultModel() string { return c.current.Load().defaultModel }

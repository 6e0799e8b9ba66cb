// Package cache keeps answers of models, row by row, for the models whose
// operator wants it, so that a row that is asked again is not computed again.
//
// An answer is found by all that the model read of the row, bit by bit, by the
// methods that were asked for, and by the version itself, not its number: what
// one load of a version answered is never found by the next. Keys are compared
// as a whole; a collision of hashes costs a comparison, and no more.
//
// The memory of a model's answers is taken when its first version is served,
// and given back after the last.
package cache

import (
	"cmp"
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A Cache is safe for concurrent use.
type Cache struct {
	limits  map[string]int64
	scratch sync.Pool // of *scratch

	// current has the versions whose answers are kept. It is replaced, never
	// changed.
	current atomic.Pointer[map[*model.Version]*cached]
	mu      sync.Mutex // of who replaces it
	stores  map[string]*store
	before  map[string]counts // of stores that were given back
	last    uint64            // id of a version
}

// cached is a version whose answers are kept.
type cached struct {
	store     *store
	signature *scoring.Signature
	prefix    [8]byte     // of its keys: an id that no other has, ever
	reads     []int       // the features that the model reads
	gone      atomic.Bool // it is not served any more
}

// New returns a registered cache: of the models in limits, each with the most
// bytes that its answers take, see [ParseLimits].
func New(limits map[string]int64, reg prometheus.Registerer) *Cache {
	c := &Cache{limits: limits, stores: map[string]*store{}, before: map[string]counts{}}
	c.scratch.New = func() any { return new(scratch) }
	c.current.Store(&map[*model.Version]*cached{})
	reg.MustRegister(c)
	return c
}

// Serve says which versions are served now. What is kept of others is freed.
func (c *Cache) Serve(versions []*model.Version) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, now := *c.current.Load(), map[*model.Version]*cached{}
	stores := map[string]*store{}
	for _, v := range versions {
		limit, wanted := c.limits[v.Name]
		if !wanted {
			continue
		}
		s := cmp.Or(stores[v.Name], c.stores[v.Name])
		if s == nil {
			s = newStore(limit)
		}
		stores[v.Name] = s
		if now[v] = before[v]; now[v] == nil {
			now[v] = c.newCached(v, s)
		}
	}
	c.current.Store(&now)
	for v, of := range before {
		if now[v] != nil {
			continue
		}
		of.gone.Store(true)
		if stores[v.Name] != nil {
			of.store.forget(of)
		}
	}
	for name, s := range c.stores {
		if stores[name] == nil {
			c.before[name] = c.before[name].plus(s.usage().counts)
		}
	}
	c.stores = stores
}

func (c *Cache) newCached(v *model.Version, s *store) *cached {
	c.last++
	of := &cached{store: s, signature: v.Model.Signature()}
	binary.LittleEndian.PutUint64(of.prefix[:], c.last)
	for i := range of.signature.Features {
		if !of.signature.Features[i].Unused {
			of.reads = append(of.reads, i)
		}
	}
	return of
}

// Predict is that of the version's model: bit for bit the same results, and
// the same errors.
func (c *Cache) Predict(ctx context.Context, v *model.Version, b *scoring.Batch, want scoring.Method, out *scoring.Result) error {
	of := (*c.current.Load())[v]
	if of == nil || !of.fits(b, want) {
		return v.Model.Predict(ctx, b, want, out)
	}
	s := c.scratch.Get().(*scratch)
	defer func() {
		if s.reset() {
			c.scratch.Put(s)
		}
	}()
	s.widths = widthsOf(of.signature, want)
	s.look(of, b, want, out)
	if len(s.unknown) == 0 {
		out.Transforming = 0
		return ctx.Err()
	}
	if len(s.unknown) == b.Rows {
		if err := v.Model.Predict(ctx, b, want, out); err != nil {
			return err
		}
		s.keep(of, out)
		return nil
	}
	s.gather(of, b)
	s.result.Timed = out.Timed
	if err := v.Model.Predict(ctx, &s.batch, want, &s.result); err != nil {
		if ctx.Err() != nil {
			return err
		}
		// Which row is named first depends on all of them.
		return v.Model.Predict(ctx, b, want, out)
	}
	out.Transforming = s.result.Transforming
	s.keep(of, &s.result)
	s.scatter(out)
	return nil
}

package catalog

import (
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// settleTime is how long the files of a version must stay as they are before
// they are read: they may be being copied. At the start they are read at once.
const settleTime = 250 * time.Millisecond

// A target is a version that is to be served.
type target struct {
	key       key
	found     *store.Found
	sha256    string
	isDefault bool
}

// scan reads the repository and the desired set, and starts the loads that
// they ask for. The first scan waits for them.
func (c *Catalog) scan() {
	c.scanning.Lock()
	defer c.scanning.Unlock()

	pins, problems := c.pins()
	if c.o.Desired != "" && pins == nil {
		c.report(problems)
		c.mu.Lock()
		c.directories = c.watchable(nil)
		c.judge()
		c.mu.Unlock()
		return
	}
	c.mu.Lock()
	ctx := c.running
	c.mu.Unlock()
	listing, err := c.o.Repository.Scan(ctx, pins)
	c.mu.Lock()
	c.broken = err != nil
	c.judge()
	c.mu.Unlock()
	if err != nil {
		c.metrics.scanErrors.Inc()
		c.report(append(problems, err.Error())) // what was loaded stays: a mount or a store may come back
		c.failures++
		c.scanAfter(c.backoff(c.failures))
		return
	}
	c.failures = 0
	c.report(append(problems, listing.Problems...))

	c.mu.Lock()
	c.directories = c.watchable(listing.Directories)
	first := !c.scanned
	c.drop(c.adopt(targets(listing, pins, c.o.Desired != "")))
	var started sync.WaitGroup
	for _, v := range c.versions {
		c.start(v, &started)
	}
	c.publish()
	c.mu.Unlock()

	if !first {
		return
	}
	started.Wait()
	c.mu.Lock()
	c.scanned = true
	c.publish()
	c.mu.Unlock()
	// Reading a model leaves garbage behind, several times its size.
	go debug.FreeOSMemory()
}

// pins reads the desired set; nil without one, or while none could be read.
// When it cannot be read, that is a problem and the one read before goes on.
func (c *Catalog) pins() (pins []store.Pin, problems []string) {
	if c.o.Desired == "" {
		return nil, nil
	}
	pins, err := store.ReadDesired(c.o.Desired)
	if err != nil {
		c.metrics.scanErrors.Inc()
		problems = append(problems, err.Error())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.desired, c.pinned = pins, true
	}
	return c.desired, problems
}

func targets(listing *store.Listing, pins []store.Pin, pinned bool) []target {
	var out []target
	found := map[key]*store.Found{}
	for i := range listing.Versions {
		f := &listing.Versions[i]
		k := key{f.Name, f.Number}
		found[k] = f
		if !pinned {
			out = append(out, target{key: k, found: f})
		}
	}
	for _, p := range pins {
		k := key{p.Name, p.Version}
		out = append(out, target{key: k, found: found[k], sha256: p.SHA256, isDefault: p.Default})
	}
	return out
}

// adopt enters the targets and returns their keys. The caller holds mu.
func (c *Catalog) adopt(targets []target) map[key]bool {
	wanted := map[key]bool{}
	for _, t := range targets {
		wanted[t.key] = true
		v := c.versions[t.key]
		if v == nil {
			v = &version{key: t.key, state: model.Loading}
			if c.unloaded[t.key.name] {
				v.state = model.Unloaded
			}
			c.versions[t.key] = v
		}
		v.found, v.sha256, v.isDefault, v.leaving = t.found, t.sha256, t.isDefault, false
	}
	return wanted
}

// drop forgets the versions that are not wanted. Requests in flight finish on
// them. The caller holds mu.
func (c *Catalog) drop(wanted map[key]bool) {
	for k, v := range c.versions {
		if wanted[k] {
			continue
		}
		v.leaving, v.isDefault = true, false
	}
	c.dropLeaving()
}

// dropLeaving forgets the versions that are leaving, but for those that answer
// in place of a default that is not loaded yet, or cannot be: it must not
// replace them before. The caller holds mu.
func (c *Catalog) dropLeaving() {
	waiting := map[string]bool{} // models whose default does not answer
	for k, v := range c.versions {
		if v.isDefault && !v.usable() && v.state != model.Unloaded {
			waiting[k.name] = true
		}
	}
	for k, v := range c.versions {
		if !v.leaving || waiting[k.name] && v.loaded != nil {
			continue
		}
		delete(c.versions, k)
		if v.loaded != nil {
			c.o.Log.Info("model is no longer served", "model", k.name, "version", k.number)
		}
	}
}

// start begins what the state of v asks for, if anything. The caller holds mu.
func (c *Catalog) start(v *version, started *sync.WaitGroup) {
	if v.done != nil || v.state == model.Unloaded {
		return
	}
	if v.found == nil {
		v.tried = "" // should they come back
		if v.loaded == nil && v.state != model.Failed {
			c.failed(v, "it is not in the repository")
		}
		return
	}
	if v.tried == v.attempt() {
		return
	}
	if v.seen != v.found.Fingerprint {
		v.seen, v.since = v.found.Fingerprint, time.Now()
	}
	if left := c.settle - time.Since(v.since); c.scanned && left > 0 {
		c.scanAfter(left)
		return
	}
	switch {
	case v.loaded != nil:
		c.run(v, started, c.check)
	case c.o.OnDemand:
		v.tried = v.attempt()
		v.state, v.reason = model.Available, ""
	default:
		c.run(v, started, c.load)
	}
}

// report logs the problems that the scan before did not have.
func (c *Catalog) report(problems []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := map[string]bool{}
	for _, p := range problems {
		if !c.problems[p] && !now[p] {
			c.o.Log.Warn("model repository", "problem", p)
		}
		now[p] = true
	}
	c.problems = now
}

// watchable are the directories in which a change matters.
func (c *Catalog) watchable(repository []string) []string {
	dirs := slices.Clone(repository)
	if c.o.Desired != "" {
		dirs = append(dirs, filepath.Dir(c.o.Desired))
	}
	return dirs
}

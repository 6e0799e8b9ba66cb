package bucket

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// Names in a cache's directory besides those of the entries.
const (
	cacheLock  = ".lock"
	unfinished = ".download-" // of an entry that is being filled
)

// A cache keeps downloaded versions in a directory, an entry each, which is
// there as a whole or not at all. Entries that the last listing wants stay;
// of the others the one not used for the longest goes first when room is
// needed. One process uses it at a time.
type cache struct {
	dir  string
	max  int64
	lock *os.File

	mu      sync.Mutex
	used    int64 // of entries, and of what is being downloaded
	entries map[string]*entry
	wanted  map[string]bool // by the last listing
}

type entry struct {
	bytes   int64
	last    time.Time
	checked bool // its files are as they were written
}

// entryNames are those that entryName makes. What else is in the directory, a
// disk's lost+found or whatever the operator keeps there, is none of ours: it is
// neither counted nor ever removed.
var entryNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*-[0-9]+-[0-9a-f]{32}$`)

// entryName is readable, and different for each identity.
func entryName(model string, number int64, identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return fmt.Sprintf("%s-%d-%s", model, number, hex.EncodeToString(sum[:16]))
}

// openCache takes over what an earlier process left in a directory.
func openCache(dir string, maxBytes int64) (_ *cache, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, cacheLock), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another process uses it; expected a directory of its own")
		}
		return nil, err
	}
	c := &cache{dir: dir, max: maxBytes, lock: lock, entries: map[string]*entry{}}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		switch {
		case strings.HasPrefix(n.Name(), unfinished):
			err = errors.Join(err, os.RemoveAll(c.path(n.Name())))
		case n.IsDir() && entryNames.MatchString(n.Name()):
			c.adopt(n)
		}
	}
	return c, err
}

// adopt takes over an entry. What cannot be looked at now is found out when the
// entry is used, and costs a download then, not the start.
func (c *cache) adopt(n os.DirEntry) {
	e := &entry{}
	if info, err := n.Info(); err == nil {
		e.last = info.ModTime()
	}
	files, _ := os.ReadDir(c.path(n.Name()))
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			e.bytes += info.Size()
		}
	}
	c.entries[n.Name()] = e
	c.used += e.bytes
}

func (c *cache) close() error { return c.lock.Close() } // which ends the lock

func (c *cache) path(name string) string { return filepath.Join(c.dir, name) }

// want keeps the entries of a listing's versions.
func (c *cache) want(versions []store.Found, name func(store.Found) string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = map[string]bool{}
	for _, f := range versions {
		c.wanted[name(f)] = true
	}
}

// has reports whether an entry is there and sound. An earlier process may have
// written it long ago: before this one uses it first, it is read once. One
// that is damaged is removed.
func (c *cache) has(name string) bool {
	c.mu.Lock()
	e := c.entries[name]
	if e == nil {
		c.mu.Unlock()
		return false
	}
	e.last = time.Now()
	checked := e.checked
	c.mu.Unlock()
	if !checked && !sound(c.path(name)) {
		c.forget(name)
		return false
	}
	_ = os.Chtimes(c.path(name), time.Time{}, time.Now()) // for the next process; at worst it evicts another one
	c.mu.Lock()
	defer c.mu.Unlock()
	e.checked = true
	return c.entries[name] == e
}

// fill makes an entry with what download writes into a directory.
func (c *cache) fill(name string, download func(dir string, space reserver) error) (err error) {
	dir, err := os.MkdirTemp(c.dir, unfinished)
	if err != nil {
		return &store.UnavailableError{Err: err}
	}
	space := &room{cache: c, name: name}
	defer func() {
		if err != nil {
			space.giveBack()
			_ = os.RemoveAll(dir) // else the next start does it
		}
	}()
	if err := download(dir, space); err != nil {
		return err
	}
	if err := errors.Join(writeSums(dir), flush(dir)); err != nil {
		return &store.UnavailableError{Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := os.Rename(dir, c.path(name)); err != nil {
		return &store.UnavailableError{Err: err}
	}
	c.entries[name] = &entry{bytes: space.bytes, last: time.Now(), checked: true}
	return nil
}

// room is what a download has reserved.
type room struct {
	cache *cache
	name  string
	bytes int64
}

func (r *room) reserve(bytes int64) error {
	c := r.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.used+bytes > c.max {
		victim := c.oldestUnwanted()
		if victim == "" {
			return &store.UnavailableError{Err: fmt.Errorf("the cache is full: %d bytes more than the %d of %d that are wanted do not fit; expected room for every version that is served",
				bytes, c.used, c.max)}
		}
		c.remove(victim)
	}
	c.used += bytes
	r.bytes += bytes
	return nil
}

func (r *room) giveBack() {
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	r.cache.used -= r.bytes
}

// oldestUnwanted is the entry to remove first; "" if there is none. The caller
// holds mu.
func (c *cache) oldestUnwanted() string {
	var names []string
	for name := range c.entries {
		if !c.wanted[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b string) int {
		return cmp.Or(c.entries[a].last.Compare(c.entries[b].last), cmp.Compare(a, b))
	})
}

// forget removes an entry, so that it is downloaded again.
func (c *cache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(name)
}

// remove deletes an entry; whoever reads its files goes on. The caller holds mu.
func (c *cache) remove(name string) {
	e := c.entries[name]
	if e == nil {
		return
	}
	delete(c.entries, name)
	c.used -= e.bytes
	// A name that a later process does not take for an entry, should it stay.
	gone := c.path(unfinished + name)
	_ = os.RemoveAll(gone) // one that stayed would be in the way
	if os.Rename(c.path(name), gone) == nil {
		_ = os.RemoveAll(gone)
	}
}

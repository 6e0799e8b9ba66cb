package catalog

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// away is a repository that cannot be reached at times, like an object store.
type away struct {
	store.Directory
	listing, reading atomic.Bool // is not possible
}

func (a *away) Scan(ctx context.Context, pins []store.Pin) (*store.Listing, error) {
	if a.listing.Load() {
		return nil, errors.New("the store cannot be reached")
	}
	return a.Directory.Scan(ctx, pins)
}

func (a *away) Open(ctx context.Context, f store.Found, maxBytes int64) (*store.Files, error) {
	if a.reading.Load() {
		return nil, &store.UnavailableError{Err: errors.New("the store cannot be reached")}
	}
	return a.Directory.Open(ctx, f, maxBytes)
}

func startAway(t *testing.T, o Options, listing, reading bool, files ...string) (*fixture, *away) {
	t.Helper()
	f := prepare(t, o, files...)
	repository := &away{Directory: store.Directory(f.dir)}
	repository.listing.Store(listing)
	repository.reading.Store(reading)
	f.o.Repository = repository
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return f, repository
}

// What failed because the store was away is tried again without waiting for
// the periodic rescan, which may be a minute away.
func TestAStoreThatComesBack(t *testing.T) {
	for name, which := range map[string]struct{ listing, reading bool }{"listing": {true, false}, "reading": {false, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, repository := startAway(t, Options{Rescan: time.Hour}, which.listing, which.reading, "m/1/model.pkl", "one")
			f.eventually(func() error {
				if f.Ready() == nil || errors.Is(f.Ready(), errNotScanned) {
					return errors.New("it seems to be ready")
				}
				return nil
			})
			repository.listing.Store(false)
			repository.reading.Store(false)
			f.ready()
			f.answers("m", 0, "one")
		})
	}
}

// Bytes that are wrong do not become right by reading them again.
func TestABrokenVersionIsReadOnce(t *testing.T) {
	f := start(t, Options{Rescan: 20 * time.Millisecond}, "m/1/model.pkl", "broken")
	f.becomes("m/1 FAILED")
	time.Sleep(100 * time.Millisecond)
	if n := f.reader.reads.Load(); n != 1 {
		t.Errorf("%d reads, want one", n)
	}
}

// A store that is away, or in which a loaded version's bytes cannot be read,
// takes nothing out of service.
func TestAStoreThatGoes(t *testing.T) {
	t.Parallel()
	f, repository := startAway(t, Options{Rescan: 20 * time.Millisecond}, false, false, "m/1/model.pkl", "one")
	f.ready()
	repository.reading.Store(true)
	f.write("m/1/model.pkl", "one more")
	f.becomes("*m/1 FAILED!")
	f.reason("m", 1, "its files changed after it was loaded, and what was loaded goes on: the store cannot be reached")
	f.write("m/1/model.pkl", "one")
	repository.reading.Store(false)
	f.becomes("*m/1 READY")
	repository.listing.Store(true)
	time.Sleep(50 * time.Millisecond)
	f.answers("m", 0, "one")
	f.becomes("*m/1 READY")
}

func TestBackoff(t *testing.T) {
	c := &Catalog{o: Options{Rescan: time.Minute}}
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := c.backoff(failures); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
}

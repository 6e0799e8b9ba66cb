package catalog

import (
	"context"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long a watched directory must be still before it is read.
const quiet = 100 * time.Millisecond

// A watcher tells when directories change. Where the system cannot, it never
// does, and the periodic rescan is all there is.
type watcher struct {
	fs     *fsnotify.Watcher // nil: not available
	log    *slog.Logger
	warned bool
}

func newWatcher(log *slog.Logger) *watcher {
	fs, err := fsnotify.NewWatcher()
	w := &watcher{fs: fs, log: log}
	if err != nil {
		w.fs = nil
		w.warn(err)
	}
	return w
}

func (w *watcher) warn(err error) {
	if !w.warned {
		w.warned = true
		w.log.Warn("changes cannot be watched; the periodic rescan finds them", "error", err)
	}
}

// follow watches exactly these directories, and reports whether some of them
// were not watched before.
func (w *watcher) follow(directories []string) (added bool) {
	if w.fs == nil {
		return false
	}
	wanted, watched := map[string]bool{}, map[string]bool{}
	for _, d := range w.fs.WatchList() {
		watched[d] = true
	}
	for _, d := range directories {
		wanted[d] = true
		if watched[d] {
			continue
		}
		if err := w.fs.Add(d); err != nil {
			w.warn(err)
			continue
		}
		watched[d], added = true, true
	}
	for d := range watched {
		if !wanted[d] {
			_ = w.fs.Remove(d) // it may be gone already
		}
	}
	return added
}

// changed yields when something changes.
func (w *watcher) changed() <-chan fsnotify.Event {
	if w.fs == nil {
		return nil
	}
	return w.fs.Events
}

// errors yields what goes wrong, such as changes that were too many to tell.
func (w *watcher) errors() <-chan error {
	if w.fs == nil {
		return nil
	}
	return w.fs.Errors
}

// settle waits until nothing changes any more; false when ctx ends.
func (w *watcher) settle(ctx context.Context) bool {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-w.changed():
			timer.Reset(quiet)
		case err := <-w.errors():
			w.warn(err)
			return true
		}
	}
}

func (w *watcher) close() {
	if w.fs != nil {
		_ = w.fs.Close() // nothing depends on it any more
	}
}

package serve

import (
	"errors"
	"slices"
	"sync"
)

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

// Readiness tells whether a service wants traffic, and if not, why. The zero
// value is "starting". It is safe for concurrent use.
type Readiness struct {
	mu       sync.Mutex
	set      bool
	stopping bool
	err      error
	held     []error // why it is not ready, whatever is set
	watchers []func(error)
}

// Set makes the service ready (nil) or not (why). It has no effect once the
// service is stopping.
func (r *Readiness) Set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping {
		return
	}
	r.set, r.err = true, err
	r.notify()
}

// Hold keeps the service from being ready until it is released, whatever is set
// meanwhile. Releasing it again does nothing.
func (r *Readiness) Hold(why error) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = append(r.held, why)
	r.notify()
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		i := slices.Index(r.held, why)
		r.held = slices.Delete(r.held, i, i+1)
		r.notify()
	})
}

// Stop makes the service not ready for good.
func (r *Readiness) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping {
		return
	}
	r.stopping = true
	r.notify()
}

// Err returns nil when the service is ready, or why it is not.
func (r *Readiness) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current()
}

// Watch calls f with the present state and again after every change, one call
// at a time. f must not call back.
func (r *Readiness) Watch(f func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, f)
	f(r.current())
}

func (r *Readiness) notify() {
	for _, f := range r.watchers {
		f(r.current())
	}
}

func (r *Readiness) current() error {
	switch {
	case r.stopping:
		return errStopping
	case !r.set:
		return errStarting
	case r.err == nil && len(r.held) > 0:
		return r.held[0]
	}
	return r.err
}

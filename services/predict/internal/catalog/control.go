package catalog

import (
	"context"
	"sync"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// demand loads a version that is known but not loaded, or waits for the load
// at work, which serves everyone who asks.
func (c *Catalog) demand(ctx context.Context, k key) error {
	c.mu.Lock()
	v := c.versions[k]
	if v != nil && v.done == nil && v.state == model.Available {
		c.run(v, new(sync.WaitGroup), c.load)
		c.publish()
	}
	var done chan struct{}
	switch {
	case v == nil || v.loaded != nil: // it changed meanwhile: look again
	case v.done != nil:
		done = v.done
	case c.closed:
		defer c.mu.Unlock()
		return &model.NotServedError{Name: k.name, Version: k.number, Reason: errClosed.Error()}
	}
	c.mu.Unlock()
	if done == nil {
		return nil
	}
	return wait(ctx, done)
}

// Load loads every version of a model that can be and is not, and waits. The
// error is a [*model.ControlError] where the operator did not allow it, a
// [*model.NotFoundError], or a [*model.NotServedError] when no version of the
// model is served in the end.
func (c *Catalog) Load(ctx context.Context, name string) error {
	if !c.o.Control {
		return &model.ControlError{}
	}
	c.mu.Lock()
	delete(c.unloaded, name)
	for k, v := range c.versions {
		if k.name == name && v.loaded == nil {
			v.state = model.Loading // what failed is tried again
		}
	}
	c.mu.Unlock()
	c.scan()
	for {
		pending := c.loadAll(name)
		for _, done := range pending {
			if err := wait(ctx, done); err != nil {
				return err
			}
		}
		if len(pending) == 0 {
			break
		}
	}
	v, err := c.current.Load().find(name, 0)
	if err == nil && v.loaded == nil {
		err = v.notServed()
	}
	return err
}

// loadAll starts a load for each version of a model that needs one, and
// returns what ends with the jobs at work.
func (c *Catalog) loadAll(name string) (pending []chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, v := range c.versions {
		if k.name != name || v.loaded != nil {
			continue
		}
		if v.done == nil && v.found != nil && v.state != model.Failed {
			c.run(v, new(sync.WaitGroup), c.load)
		}
		if v.done != nil {
			pending = append(pending, v.done)
		}
	}
	c.publish()
	return pending
}

// Unload takes every version of a model out of service until it is loaded
// again. Requests in flight finish. Errors are as for Load.
func (c *Catalog) Unload(_ context.Context, name string) error {
	if !c.o.Control {
		return &model.ControlError{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known := false
	for k, v := range c.versions {
		if k.name == name {
			known = true
			v.loaded, v.state, v.reason = nil, model.Unloaded, "by request"
		}
	}
	if !known {
		return &model.NotFoundError{Name: name, Hint: c.current.Load().hint()}
	}
	c.unloaded[name] = true
	c.publish()
	c.o.Log.Info("model unloaded by request", "model", name)
	return nil
}

func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

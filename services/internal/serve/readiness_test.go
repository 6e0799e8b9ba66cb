package serve

import (
	"errors"
	"testing"
)

// A service that is held is not ready, whatever is set, until the last lets go.
func TestHold(t *testing.T) {
	var r Readiness
	var seen []error
	r.Watch(func(err error) { seen = append(seen, err) })
	keys, store := errors.New("no keys"), errors.New("no store")
	first, second := r.Hold(keys), r.Hold(store)
	r.Set(nil)
	if err := r.Err(); !errors.Is(err, keys) {
		t.Errorf("held twice, it is %v; want no keys", err)
	}
	first()
	first()
	if err := r.Err(); !errors.Is(err, store) {
		t.Errorf("held once, it is %v; want no store", err)
	}
	second()
	if err := r.Err(); err != nil {
		t.Errorf("released, it is %v; want ready", err)
	}
	if last := seen[len(seen)-1]; last != nil {
		t.Errorf("watchers were told %v last", last)
	}
	r.Stop()
	r.Hold(keys)
	if err := r.Err(); !errors.Is(err, errStopping) {
		t.Errorf("stopping, it is %v", err)
	}
}

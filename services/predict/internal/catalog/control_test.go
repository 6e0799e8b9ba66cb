package catalog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

func TestOnDemand(t *testing.T) {
	f := start(t, Options{OnDemand: true}, "m/1/model.pkl", "one", "m/2/model.pkl", "slow two", "n/1/model.pkl", "n")
	f.ready()
	f.becomes("m/1 AVAILABLE, *m/2 AVAILABLE, *n/1 AVAILABLE")
	if n := f.reader.reads.Load(); n != 0 {
		t.Fatalf("%d models were read before anyone asked", n)
	}

	// One who does not wait for it to be loaded,
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.Lookup(ctx, "m", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lookup = %v, want deadline exceeded", err)
	}
	f.becomes("m/1 AVAILABLE, *m/2 LOADING, *n/1 AVAILABLE")
	// and many who do.
	var asking sync.WaitGroup
	for range 10 {
		asking.Go(func() { f.answers("m", 0, "slow two") })
	}
	close(f.reader.release)
	asking.Wait()
	f.becomes("m/1 AVAILABLE, *m/2 READY, *n/1 AVAILABLE")
	if n := f.reader.reads.Load(); n != 1 {
		t.Errorf("the model was read %d times, want once", n)
	}
}

func TestOnDemandPassesOverABrokenVersion(t *testing.T) {
	f := start(t, Options{OnDemand: true}, "m/1/model.pkl", "one", "m/2/model.pkl", "broken")
	f.ready()
	f.answers("m", 0, "one")
	f.becomes("*m/1 READY, m/2 FAILED")
	f.refuses("m", 2, "FAILED")
}

func TestControl(t *testing.T) {
	f := start(t, Options{Control: true}, "m/1/model.pkl", "one", "m/2/model.pkl", "broken", "n/1/model.pkl", "n")
	f.ready()
	f.becomes("*m/1 READY, m/2 FAILED, *n/1 READY")
	ctx := t.Context()

	if err := f.Unload(ctx, "m"); err != nil {
		t.Fatal(err)
	}
	f.becomes("m/1 UNLOADED, m/2 UNLOADED, *n/1 READY")
	f.refuses("m", 0, `model "m" version 2 is not served here: UNLOADED: by request`)
	f.refuses("m", 1, "UNLOADED: by request")
	f.write("m/3/model.pkl", "three")
	f.becomes("m/1 UNLOADED, m/2 UNLOADED, m/3 UNLOADED, *n/1 READY")

	if err := f.Load(ctx, "m"); err != nil {
		t.Fatal(err)
	}
	f.becomes("m/1 READY, m/2 FAILED, *m/3 READY, *n/1 READY")

	var notFound *model.NotFoundError
	if err := f.Load(ctx, "nowhere"); !errors.As(err, &notFound) {
		t.Errorf("Load of an unknown model = %v", err)
	}
	if err := f.Unload(ctx, "nowhere"); !errors.As(err, &notFound) {
		t.Errorf("Unload of an unknown model = %v", err)
	}
	f.write("o/1/model.pkl", "broken")
	var notServed *model.NotServedError
	if err := f.Load(ctx, "o"); !errors.As(err, &notServed) {
		t.Errorf("Load of a broken model = %v", err)
	}
	f.write("o/1/model.pkl", "good now")
	if err := f.Load(ctx, "o"); err != nil { // at once, without waiting for the watch
		t.Errorf("Load of a repaired model = %v", err)
	}
}

func TestControlIsOffUnlessSwitchedOn(t *testing.T) {
	f := start(t, Options{}, "m/1/model.pkl", "one")
	f.ready()
	var refused *model.ControlError
	if err := f.Load(t.Context(), "m"); !errors.As(err, &refused) {
		t.Errorf("Load = %v", err)
	}
	if err := f.Unload(t.Context(), "m"); !errors.As(err, &refused) {
		t.Errorf("Unload = %v", err)
	}
	f.answers("m", 0, "one")
}

func TestUnloadDuringALoad(t *testing.T) {
	f := start(t, Options{OnDemand: true, Control: true}, "m/1/model.pkl", "slow")
	f.ready()
	asked := make(chan error, 1)
	go func() {
		_, err := f.Lookup(t.Context(), "m", 0)
		asked <- err
	}()
	f.becomes("*m/1 LOADING")
	if err := f.Unload(t.Context(), "m"); err != nil {
		t.Fatal(err)
	}
	close(f.reader.release)
	if err := <-asked; err == nil {
		t.Error("a model that was unloaded answered")
	}
	f.becomes("m/1 UNLOADED")
}

func TestStopEndsLoads(t *testing.T) {
	f := start(t, Options{OnDemand: true}, "m/1/model.pkl", "one")
	f.ready()
	f.stop()
	if _, err := f.Lookup(t.Context(), "m", 0); err == nil {
		t.Error("a load began after the stop")
	}
}

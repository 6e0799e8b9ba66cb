package server

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/predict/internal/admission"
)

// A journal is a real gate that notes what happens in which order.
type journal struct {
	*admission.Gate
	registry *prometheus.Registry
	arrive   func() // called at the first Yield; may be nil

	mu      sync.Mutex
	callers map[int]string
	events  []string
	yields  int
	charged time.Duration // told to Release
	told    time.Duration // told to Yield
}

func newJournal(o admission.Options) *journal {
	reg := prometheus.NewRegistry()
	return &journal{Gate: admission.New(o, reg), registry: reg, callers: map[int]string{}}
}

func (j *journal) note(place int, event string) {
	j.events = append(j.events, j.callers[place]+" "+event)
}

func (j *journal) Acquire(ctx context.Context, caller string) (int, error) {
	place, err := j.Gate.Acquire(ctx, caller)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.callers[place] = caller
	j.note(place, "begins")
	return place, err
}

func (j *journal) Yield(ctx context.Context, place int, took time.Duration) {
	j.mu.Lock()
	j.yields++
	j.told += took
	first := j.yields == 1
	j.mu.Unlock()
	if first && j.arrive != nil {
		j.arrive()
	}
	j.Gate.Yield(ctx, place, took)
}

func (j *journal) Release(place int, began time.Time, charged time.Duration) {
	j.mu.Lock()
	j.note(place, "ends")
	j.charged += charged
	j.mu.Unlock()
	j.Gate.Release(place, began, charged)
}

// queued waits until so many wait for room.
func (j *journal) queued(t *testing.T, want float64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
		families, err := j.registry.Gather()
		if err != nil {
			t.Error(err)
			return
		}
		for _, f := range families {
			if f.GetName() == "treehouse_admission_queued" && f.GetMetric()[0].GetGauge().GetValue() == want {
				return
			}
		}
		if time.Now().After(end) {
			t.Errorf("not %v wait for room in 10 s", want)
			return
		}
	}
}

// by names the caller, as the fixtures of these tests have it.
func by(ctx context.Context, caller string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "caller", caller)
}

func callerOf(ctx context.Context) string {
	if names := metadata.ValueFromIncomingContext(ctx, "caller"); len(names) == 1 {
		return names[0]
	}
	return ""
}

// A large batch makes way to another caller between its blocks, and its answer is
// what it is without that.
func TestLargeBatchMakesWay(t *testing.T) {
	f := startHousing(t)
	f.o.MaxRows, f.o.Caller = 20_000, callerOf
	oceans := slices.Repeat([]string{"NEAR BAY", "INLAND", "<1H OCEAN"}, 5000)
	large, small := table(uint32(len(oceans)), houses(oceans...)...), table(1, houses("INLAND")...)
	large.Version, small.Version = 1, 1
	want, err := f.typed.Predict(t.Context(), large)
	if err != nil {
		t.Fatal(err)
	}

	gate := newJournal(admission.Options{InFlight: 1, Queue: 10})
	f.o.Gate = gate
	others := make(chan error, 1)
	gate.arrive = func() {
		go func() {
			_, err := f.typed.Predict(by(t.Context(), "other"), small)
			others <- err
		}()
		gate.queued(t, 1)
	}
	got, err := f.typed.Predict(by(t.Context(), "flood"), large)
	if err != nil {
		t.Fatal(err)
	}
	gate.mu.Lock()
	yields := gate.yields
	gate.mu.Unlock()
	if yields < 2 {
		t.Fatalf("the large batch asked for %d turns", yields)
	}
	if err := <-others; err != nil {
		t.Errorf("the other: %v", err)
	}
	if !slices.Equal(got.GetValues(), want.GetValues()) {
		t.Error("the batch that made way has other answers")
	}
	gate.mu.Lock()
	defer gate.mu.Unlock()
	if order := []string{"flood begins", "other begins", "other ends", "flood ends"}; !slices.Equal(gate.events, order) {
		t.Errorf("%q, want %q", gate.events, order)
	}
	if gate.charged > gate.told {
		t.Errorf("%v were told, and %v called charged", gate.told, gate.charged)
	}
}

// A meter is a gate that notes what it is told.
type meter struct {
	openGate
	yield   func() // called in Yield
	told    []time.Duration
	charged time.Duration
	began   time.Time
}

func (m *meter) Yield(_ context.Context, _ int, took time.Duration) {
	m.told = append(m.told, took)
	if m.yield != nil {
		m.yield()
	}
}

func (m *meter) Release(_ int, began time.Time, charged time.Duration) {
	m.began, m.charged = began, charged
}

// The time of a work is told once: that of its turns, of the processors that
// helped, and not what it waited.
func TestTurnsAreCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		gate := &meter{}
		start := time.Now()
		turns.start(gate, 0, start)
		gate.yield = func() {
			if n := turns.Helpers(); n != 0 {
				t.Errorf("%d may help while it makes way, want none", n)
			}
			time.Sleep(50 * time.Millisecond) // it waits
		}
		turns.Next(t.Context()) // too early to be asked
		time.Sleep(2 * time.Millisecond)
		turns.Next(t.Context())
		time.Sleep(3 * time.Millisecond)
		turns.Helped(2 * time.Millisecond)
		turns.Helped(time.Millisecond)
		turns.Next(t.Context())
		if n := turns.Helpers(); n != 1 {
			t.Errorf("%d may help, want 1 as the gate says", n)
		}
		time.Sleep(time.Millisecond)
		turns.Helped(4 * time.Millisecond)
		turns.end()
		if want := []time.Duration{2 * time.Millisecond, 6 * time.Millisecond}; !slices.Equal(gate.told, want) {
			t.Errorf("told %v, want %v", gate.told, want)
		}
		// Of 6 ms of its own 5 were told, and 4 of helpers were not.
		if took := time.Since(gate.began); took != 6*time.Millisecond || took-gate.charged != 5*time.Millisecond || turns.waited != 100*time.Millisecond {
			t.Errorf("it took %v, of which %v are not charged, and waited %v; want 6, 5 and 100 ms", took, took-gate.charged, turns.waited)
		}
	})
}

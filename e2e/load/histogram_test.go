package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Quantiles are those of the sorted durations, to 3 %.
func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible
	var h histogram
	var all []time.Duration
	for range 20_000 {
		// From 1 µs to more than an hour, as many in each octave.
		d := time.Duration(1<<random.IntN(32)+random.IntN(1000)) * time.Microsecond
		h.add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0, .01, .25, .5, .9, .99, .999} {
		want, got := all[int(q*float64(len(all)))], h.quantile(q)
		if got < want || float64(got) > 1.032*float64(want) {
			t.Errorf("quantile %v is %v, want %v to 3 %%", q, got, want)
		}
	}
	if h.quantiles().Max != float64(all[len(all)-1].Microseconds())/1000 {
		t.Errorf("the greatest is %v ms, want %v", h.quantiles().Max, all[len(all)-1])
	}
}

func TestQuantilesOfNothing(t *testing.T) {
	var h histogram
	if q := h.quantiles(); q != (Quantiles{}) {
		t.Errorf("got %v, want zeros", q)
	}
	h.add(-time.Second) // a clock that was set back
	h.add(1000 * time.Hour)
	if got := h.quantile(.99); got != 1000*time.Hour {
		t.Errorf("beyond the last bucket: %v, want the greatest", got)
	}
}

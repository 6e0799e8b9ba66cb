package app

import (
	"slices"
	"strings"
	"testing"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// A server that keeps answers gives those it would have computed, and counts
// every row: in its metrics, in drift and in the payload log.
func TestResponseCache(t *testing.T) {
	log := t.TempDir()
	plain := start(t, nil)
	s := start(t, func(o *Options) {
		o.ResponseCache, o.PayloadLog, o.PayloadModels, o.Instance = "housing=1MiB", log, "housing", "pod-a"
	})
	plain.ready()
	s.ready()
	want, err := predictv1.NewPredictServiceClient(plain.conn).Predict(t.Context(), houses(3))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		got, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), houses(3))
		if err != nil || !slices.Equal(got.GetValues(), want.GetValues()) {
			t.Errorf("%v, %v; want %v", got.GetValues(), err, want.GetValues())
		}
	}
	_, metrics := s.get("/metrics")
	for _, want := range []string{
		`treehouse_predict_rows_total{model="housing",version="3"} 9`,
		`treehouse_drift_rows_total{model="housing",version="3"} 9`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if !strings.Contains(metrics, `treehouse_response_cache_hits_total{model="housing"} 6`) || !strings.Contains(metrics, `treehouse_response_cache_misses_total{model="housing"} 3`) {
		t.Errorf("hits and misses:\n%s", metrics[strings.Index(metrics, "# HELP treehouse_response_cache"):])
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = payload.Read(t.Context(), payload.Directory(log), "", func(*payloadfile.Shape, *payloadfile.Row) error { rows++; return nil })
	if err != nil || rows != 9 {
		t.Errorf("the payload log has %d rows, %v; want 9", rows, err)
	}
}

// Without a model to keep answers of there is no cache, and no metric of one.
func TestResponseCacheIsOff(t *testing.T) {
	s := start(t, nil)
	s.ready()
	if _, metrics := s.get("/metrics"); strings.Contains(metrics, "response_cache") {
		t.Error("there are metrics of a response cache")
	}
	o := DefaultOptions()
	o.ResponseCache = "housing=64"
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "response-cache") {
		t.Errorf("housing=64 is taken: %v", err)
	}
}

package server

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A watcher keeps what it was shown.
type watcher struct {
	wants  scoring.Method
	shown  []model.Prediction
	values [][]float64
	rows   []int
}

func (w *watcher) Wants(*model.Version) scoring.Method { return w.wants }

func (w *watcher) Observe(_ context.Context, p *model.Prediction) {
	w.shown = append(w.shown, *p)
	var values []float64
	rows := -1
	if p.Result != nil {
		values = slices.Concat(p.Result.Values, p.Result.Probabilities)
	}
	if p.Batch != nil {
		rows = p.Batch.Rows
	}
	w.values, w.rows = append(w.values, values), append(w.rows, rows)
}

// Observers see each prediction of a version, with its rows and numbers; one
// that fails with its error, and with the rows if they could be read.
func TestObservers(t *testing.T) {
	f := startHousing(t)
	// A regressor has no probabilities: wanting them changes nothing.
	w := &watcher{wants: scoring.Predict | scoring.PredictProba}
	f.o.Observers = []Observer{w}
	began := time.Now()

	typed, err := f.typed.Predict(t.Context(), table(2, houses("NEAR BAY", "INLAND")...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.oip.ModelInfer(t.Context(), &inference.ModelInferRequest{ModelName: "housing", ModelVersion: "1"}); err == nil {
		t.Error("a request without inputs is answered")
	}
	endless := houses("INLAND")
	endless[1] = numberColumn("longitude", math.Inf(1))
	infinite := table(1, endless...)
	infinite.Version = 1
	if _, err := f.typed.Predict(t.Context(), infinite); err == nil {
		t.Error("an infinite number is answered")
	}
	if _, err = f.typed.Predict(t.Context(), infinite); errorInfo(status.Convert(err)).GetMetadata()["prediction_id"] != w.shown[3].ID {
		t.Errorf("error %v of prediction %s does not name it", err, w.shown[3].ID)
	}
	full := errors.New("no room")
	f.o.Gate = closedGate{full}
	if _, err := f.typed.Predict(t.Context(), table(3, houses("INLAND", "INLAND", "INLAND")...)); err == nil {
		t.Error("a request without room is answered")
	}
	if _, err := f.typed.Predict(t.Context(), nil); err == nil {
		t.Error("an empty request is answered")
	}

	if got, want := w.rows, []int{2, -1, 1, 1, -1, -1}; !slices.Equal(got, want) {
		t.Fatalf("rows shown: %v, want %v", got, want)
	}
	if w.shown[0].ID != typed.GetPredictionId() {
		t.Errorf("shown as %q, answered as %q", w.shown[0].ID, typed.GetPredictionId())
	}
	if !slices.Equal(w.values[0], typed.GetValues()) || w.shown[0].Computed != scoring.Predict || w.shown[0].Err != nil {
		t.Errorf("shown %v of %v, want what was answered: %v", w.values[0], w.shown[0], typed.GetValues())
	}
	if v := w.shown[1].Version; v.Name != "housing" || v.Number != 1 {
		t.Errorf("version %s %d, want housing 1", v.Name, v.Number)
	}
	ids := map[string]bool{}
	for i, p := range w.shown {
		if i > 0 && (p.Err == nil || p.Result != nil || p.Computed != 0) {
			t.Errorf("prediction %d failed, but is shown as %+v", i, p)
		}
		if len(p.ID) != 32 || ids[p.ID] || p.RequestID != "req-7" {
			t.Errorf("ids %q and %q, want 32 digits, other ones each time, and the request's", p.ID, p.RequestID)
		}
		ids[p.ID] = true
		if p.At.Before(began) || p.At.After(time.Now()) {
			t.Errorf("prediction %d is of %v", i, p.At)
		}
	}
	if !errors.Is(w.shown[4].Err, full) {
		t.Errorf("error %v, want %v", w.shown[4].Err, full)
	}
}

// An observer's wants are computed, and not answered.
func TestObserverWants(t *testing.T) {
	f := startGolden(t, "forest-classifier-int")
	w := &watcher{wants: scoring.PredictProba}
	f.o.Observers = []Observer{w}
	sig := f.catalog.versions[0].Model.Signature()
	req := matrix(1, make([]float64, len(sig.Features))...)
	req.Model = "m"
	resp, err := f.typed.Predict(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetProbabilities()) != 0 || len(w.values[0]) != len(sig.Classes) || w.shown[0].Computed != scoring.Predict|scoring.PredictProba {
		t.Errorf("answered %v, shown %v computed %v", resp, w.values[0], w.shown[0].Computed)
	}
}

// A closedGate lets no one in.
type closedGate struct{ err error }

func (g closedGate) Acquire(context.Context, string) (int, error) { return 0, g.err }
func (g closedGate) Check(context.Context, string, bool) error    { return nil }
func (closedGate) Yield(context.Context, int, time.Duration)      {}
func (closedGate) Helpers(int) int                                { return 0 }
func (closedGate) Release(int, time.Time, time.Duration)          {}

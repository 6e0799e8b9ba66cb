package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// An answer is what any of the APIs says.
type answer struct {
	model, version string
	values         []float64
}

// check tells what is wrong with an answer: nothing is, only if each number is
// bit for bit the training library's.
func (g *goldens) check(b *batch, model string, a *answer) error {
	if a.model != model {
		return fmt.Errorf("model %q answered; expected %q", a.model, model)
	}
	want, ok := g.want[a.version]
	if !ok {
		return fmt.Errorf("version %q answered, which is none of those expected", a.version)
	}
	if len(a.values) != len(b.rows) {
		return fmt.Errorf("%d numbers for %d rows", len(a.values), len(b.rows))
	}
	for i, r := range b.rows {
		if got := a.values[i]; math.Float64bits(got) != math.Float64bits(want[r]) {
			return fmt.Errorf("version %s, golden row %d: got %v, want %v", a.version, r, got, want[r])
		}
	}
	return nil
}

// readJSON reads the answer of an HTTP API.
func readJSON(api string, body []byte) (*answer, error) {
	if api == apiV2 {
		var v2 struct {
			Model   string `json:"model_name"`
			Version string `json:"model_version"`
			Outputs []struct {
				Name string
				Data []float64
			}
		}
		if err := json.Unmarshal(body, &v2); err != nil {
			return nil, fmt.Errorf("the answer %.200q: %w", body, err)
		}
		if len(v2.Outputs) != 1 || v2.Outputs[0].Name != "predict" {
			return nil, fmt.Errorf("the answer %.200q has not just the output predict", body)
		}
		return &answer{v2.Model, v2.Version, v2.Outputs[0].Data}, nil
	}
	var v1 struct {
		Prediction     *float64
		Predictions    []float64
		Model, Version string
	}
	if err := json.Unmarshal(body, &v1); err != nil {
		return nil, fmt.Errorf("the answer %.200q: %w", body, err)
	}
	if v1.Prediction != nil {
		v1.Predictions = append(v1.Predictions, *v1.Prediction)
	}
	return &answer{v1.Model, v1.Version, v1.Predictions}, nil
}

func readTyped(r *predictv1.PredictResponse) *answer {
	return &answer{r.GetModel(), strconv.FormatInt(r.GetVersion(), 10), r.GetValues()}
}

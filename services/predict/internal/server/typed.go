package server

import (
	"context"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// typed implements treehouse.predict.v1.
type typed struct {
	predictv1.UnimplementedPredictServiceServer
	*Server
}

var methods = map[predictv1.Method]scoring.Method{
	predictv1.Method_METHOD_PREDICT:           scoring.Predict,
	predictv1.Method_METHOD_PREDICT_PROBA:     scoring.PredictProba,
	predictv1.Method_METHOD_DECISION_FUNCTION: scoring.DecisionFunction,
	predictv1.Method_METHOD_TRANSFORM:         scoring.Transform,
}

// Predict implements the service.
func (s typed) Predict(ctx context.Context, req *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	o := observe()
	resp, err := s.predict(ctx, req, &o)
	tellLimit(ctx, o.limit)
	if err = s.finish(ctx, &o, err); err != nil {
		return nil, err
	}
	return resp, nil
}

func (s typed) predict(ctx context.Context, req *predictv1.PredictRequest, o *observation) (*predictv1.PredictResponse, error) {
	want, err := wanted(req.GetMethods())
	if err != nil {
		return nil, err
	}
	if req.GetVersion() < 0 {
		return nil, invalidRequest("version is %d; expected a positive integer, or 0 for the default version", req.GetVersion())
	}
	v, err := s.o.Catalog.Lookup(ctx, req.GetModel(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	o.version = v
	if want == 0 {
		want = v.Model.Signature().Default()
	}
	w := s.borrow()
	defer s.giveBack(w)
	// The answer owns these: it is encoded after this call has returned.
	w.disown()
	if err := s.handle(ctx, w, want, o, rowsAsked(req), func() error { return w.rows(v, req, s.o.MaxRows) }); err != nil {
		return nil, err
	}
	resp := response(v, w, want)
	resp.PredictionId = w.seen.ID
	w.disown()
	return resp, nil
}

// rows makes the batch.
func (w *work) rows(v *model.Version, req *predictv1.PredictRequest, maxRows int) error {
	switch rows := req.GetRows().(type) {
	case *predictv1.PredictRequest_Table:
		return w.table(v, rows.Table, maxRows)
	case *predictv1.PredictRequest_Matrix:
		return w.matrix(v, rows.Matrix, maxRows)
	}
	return invalidRequest("the request has no rows; expected a table or a matrix")
}

// wanted is the set of the methods asked for; 0 leaves it to the model.
func wanted(asked []predictv1.Method) (scoring.Method, error) {
	var want scoring.Method
	for i, m := range asked {
		bit, ok := methods[m]
		if !ok {
			return 0, invalidRequest("methods[%d] is %v; expected METHOD_PREDICT, METHOD_PREDICT_PROBA, METHOD_DECISION_FUNCTION or METHOD_TRANSFORM", i, m)
		}
		want |= bit
	}
	return want, nil
}

func response(v *model.Version, w *work, want scoring.Method) *predictv1.PredictResponse {
	sig := v.Model.Signature()
	r := &w.result
	resp := &predictv1.PredictResponse{
		Model: v.Name, Version: v.Number, Rows: uint32(w.batch.Rows), Float32: sig.Float32,
	}
	if sig.Targets != nil {
		resp.Targets = targets(sig, r, want)
	}
	if want&scoring.Predict != 0 && sig.Targets == nil {
		if sig.Task == scoring.Classification {
			resp.Labels = labels(sig.Classes, r.Classes)
		} else {
			resp.Values, resp.Outputs = r.Values, count(sig.Outputs)
		}
	}
	if want&scoring.PredictProba != 0 {
		resp.Probabilities = r.Probabilities
		if sig.Targets == nil {
			resp.Classes = classLabels(sig.Classes)
		}
	}
	if want&scoring.DecisionFunction != 0 {
		resp.Scores, resp.ScoreColumns = r.Scores, count(sig.Scores)
	}
	if want&scoring.Transform != 0 {
		resp.Transformed, resp.TransformedColumns = r.Transformed, count(sig.Transformed)
	}
	return resp
}

// count is a number of columns as the messages have it.
func count(n int) uint32 { return uint32(n) }

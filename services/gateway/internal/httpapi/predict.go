package httpapi

import (
	"strconv"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// predict answers POST /predict: one record or a list of rows, of the default
// model.
func (s *Server) predict(c *call) error {
	body, err := c.jsonBody()
	if err != nil {
		return err
	}
	if err := c.batch.Decode(body, s.o.Rows); err != nil {
		return err
	}
	return s.predictBatch(c, s.o.DefaultModel, 0)
}

// v1Predict answers POST /v1/models/{model}:predict.
func (s *Server) v1Predict(c *call) error {
	version, err := c.versionNumber()
	if err != nil {
		return err
	}
	body, err := c.jsonBody()
	if err != nil {
		return err
	}
	if err := c.batch.DecodeInstances(body, s.o.Rows); err != nil {
		return err
	}
	return s.predictBatch(c, c.model, version)
}

var (
	probabilities  = []predictv1.Method{predictv1.Method_METHOD_PREDICT, predictv1.Method_METHOD_PREDICT_PROBA}
	queryParameter = "probabilities"
)

// predictBatch asks predict about the call's batch.
func (s *Server) predictBatch(c *call, model string, version int64) error {
	var methods []predictv1.Method // none: what the model is for
	if c.r.URL.RawQuery != "" {
		switch v := c.r.URL.Query().Get(queryParameter); v {
		case "true", "1":
			methods = probabilities
		case "", "false", "0":
		default:
			return badRequest("the query parameter %s is %q; expected true or false", queryParameter, v)
		}
	}
	if err := c.charge(0, c.batch.Rows()); err != nil {
		return err
	}
	c.table.Table = c.batch.Table()
	c.request.Model, c.request.Version, c.request.Rows, c.request.Methods = model, version, &c.table, methods
	c.span.Event("decoded")
	// Nothing refers to the request once the call returns: gRPC has encoded it.
	resp, err := s.typed.Predict(c.ctx, &c.request, c.callOptions[:]...)
	c.tellLimits(err)
	if err != nil {
		return err
	}
	c.span.Event("predicted")
	c.answered = answered{resp.GetModel(), resp.GetVersion()}
	if err := checkResponse(resp, c.batch.Rows()); err != nil {
		return err
	}
	c.rows = c.batch.Rows()
	s.metrics.rows.Add(float64(c.rows))
	c.name(resp.GetPredictionId())
	c.out = appendPredictions(c.out[:0], resp, c.batch.Single)
	c.json(200, c.out)
	return nil
}

// versionNumber reads the version in the path; 0 where there is none.
func (c *call) versionNumber() (int64, error) {
	if c.version == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(c.version, 10, 64)
	if err != nil || n < 1 {
		return 0, badRequest("the version is %q; expected a positive integer", c.version)
	}
	return n, nil
}

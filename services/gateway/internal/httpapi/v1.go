package httpapi

import (
	"net/http"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

var (
	aliveBody    = []byte(`{"status":"alive"}`)
	healthyBody  = []byte(`{"status":"ok"}`)
	stoppingBody = []byte(`{"status":"stopping"}`)
	startingBody = []byte(`{"status":"starting"}`)
)

// alive answers GET /, which V1 clients take for liveness.
func (s *Server) alive(c *call) error {
	c.json(http.StatusOK, aliveBody)
	return nil
}

// health answers GET /health: whether to send traffic to this gateway. It does
// not ask predict: a gateway without one still explains what is wrong.
func (s *Server) health(c *call) error {
	c.w.Header()["Cache-Control"] = noStore
	switch ready := s.o.Ready() == nil; {
	case s.o.Stopping():
		c.json(http.StatusServiceUnavailable, stoppingBody)
	case ready:
		c.json(http.StatusOK, healthyBody)
	default:
		c.json(http.StatusServiceUnavailable, startingBody)
	}
	return nil
}

// v1Models answers GET /v1/models.
func (s *Server) v1Models(c *call) error {
	out := append(c.out[:0], `{"models":[`...)
	req := &predictv1.ListModelsRequest{}
	for first := true; first || req.GetPageToken() != ""; {
		resp, err := s.typed.ListModels(c.ctx, req)
		if err != nil {
			return err
		}
		for _, m := range resp.GetModels() {
			if !first {
				out = append(out, ',')
			}
			first = false
			out = jsonlex.AppendString(out, m.GetName())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	c.out = append(out, "]}"...)
	c.json(http.StatusOK, c.out)
	return nil
}

// v1Model answers GET /v1/models/{model}: whether it is ready.
func (s *Server) v1Model(c *call) error { return s.modelReady(c) }

// modelReady answers that a model is ready, or why it is not: predict's
// ModelReady tells only whether.
func (s *Server) modelReady(c *call) error {
	version, err := c.versionNumber()
	if err != nil {
		return err
	}
	resp, err := s.inference.ModelReady(c.ctx, &inference.ModelReadyRequest{Name: c.model, Version: c.version})
	if err != nil {
		return err
	}
	if !resp.GetReady() {
		if _, err := s.typed.GetModel(c.ctx, &predictv1.GetModelRequest{Name: c.model, Version: version}); err != nil {
			return err
		}
	}
	c.out = append(c.out[:0], `{"name":`...)
	c.out = jsonlex.AppendString(c.out, c.model)
	c.out = append(c.out, `,"ready":true}`...)
	c.json(http.StatusOK, c.out)
	return nil
}

// v1Explain answers POST /v1/models/{model}:explain.
func (s *Server) v1Explain(*call) error {
	return &Error{Status: http.StatusNotImplemented, Code: "not_implemented", Message: "explanations are not offered; :predict is"}
}

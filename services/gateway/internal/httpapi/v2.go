package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

var (
	liveBody     = []byte(`{"live":true}`)
	readyBody    = []byte(`{"ready":true}`)
	notReadyBody = []byte(`{"ready":false}`)
)

// v2Live answers GET /v2/health/live.
func (s *Server) v2Live(c *call) error {
	c.json(http.StatusOK, liveBody)
	return nil
}

// v2Ready answers GET /v2/health/ready: whether an inference would be answered.
func (s *Server) v2Ready(c *call) error {
	c.w.Header()["Cache-Control"] = noStore
	resp, err := s.inference.ServerReady(c.ctx, &inference.ServerReadyRequest{})
	c.cause = err // to a prober, whatever goes wrong means not ready
	if resp.GetReady() {
		c.json(http.StatusOK, readyBody)
	} else {
		c.json(http.StatusServiceUnavailable, notReadyBody)
	}
	return nil
}

// v2Server answers GET /v2: the server's metadata, with what this side of it
// adds.
func (s *Server) v2Server(c *call) error {
	m, err := s.inference.ServerMetadata(c.ctx, &inference.ServerMetadataRequest{})
	if err != nil {
		return err
	}
	return c.marshal(struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{m.GetName(), m.GetVersion(), list(m.GetExtensions())})
}

type tensorMetadata struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// v2Model answers GET /v2/models/{model}: the model's metadata.
func (s *Server) v2Model(c *call) error {
	m, err := s.inference.ModelMetadata(c.ctx, &inference.ModelMetadataRequest{Name: c.model, Version: c.version})
	if err != nil {
		return err
	}
	return c.marshal(struct {
		Name       string            `json:"name"`
		Versions   []string          `json:"versions"`
		Platform   string            `json:"platform"`
		Inputs     []tensorMetadata  `json:"inputs"`
		Outputs    []tensorMetadata  `json:"outputs"`
		Properties map[string]string `json:"properties,omitempty"`
	}{m.GetName(), list(m.GetVersions()), m.GetPlatform(), tensors(m.GetInputs()), tensors(m.GetOutputs()), m.GetProperties()})
}

func tensors(all []*inference.ModelMetadataResponse_TensorMetadata) []tensorMetadata {
	out := make([]tensorMetadata, 0, len(all))
	for _, t := range all {
		out = append(out, tensorMetadata{t.GetName(), t.GetDatatype(), list(t.GetShape())})
	}
	return out
}

// list makes an empty list of none, which JSON tells apart.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// v2ModelReady answers GET /v2/models/{model}/ready.
func (s *Server) v2ModelReady(c *call) error { return s.modelReady(c) }

// v2Index answers POST /v2/repository/index, whose body may be missing.
func (s *Server) v2Index(c *call) error {
	var options struct {
		Ready bool `json:"ready"`
	}
	if err := c.options(&options); err != nil {
		return err
	}
	resp, err := s.inference.RepositoryIndex(c.ctx, &inference.RepositoryIndexRequest{Ready: options.Ready})
	if err != nil {
		return err
	}
	c.out = append(c.out[:0], '[')
	for i, m := range resp.GetModels() {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, `{"name":`...)
		c.out = jsonlex.AppendString(c.out, m.GetName())
		c.out = append(c.out, `,"version":`...)
		c.out = jsonlex.AppendString(c.out, m.GetVersion())
		c.out = append(c.out, `,"state":`...)
		c.out = jsonlex.AppendString(c.out, m.GetState())
		c.out = append(c.out, `,"reason":`...)
		c.out = append(jsonlex.AppendString(c.out, m.GetReason()), '}')
	}
	c.out = append(c.out, ']')
	c.json(http.StatusOK, c.out)
	return nil
}

// v2Load answers POST /v2/repository/models/{model}/load. Triton's clients may
// send a configuration and files along: those are refused, because models come
// from the repository only.
func (s *Server) v2Load(c *call) error {
	var options struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := c.options(&options); err != nil {
		return err
	}
	if len(options.Parameters) > 0 {
		return badRequest("models are loaded from the server's repository only; parameters are not accepted")
	}
	resp, err := s.inference.RepositoryModelLoad(c.ctx, &inference.RepositoryModelLoadRequest{ModelName: c.model})
	if err != nil {
		return err
	}
	return c.marshal(struct {
		Name string `json:"name"`
		Load bool   `json:"load"`
	}{c.model, resp.GetIsLoaded()})
}

// v2Unload answers POST /v2/repository/models/{model}/unload. The parameters
// that Triton's clients send speak of dependent models, which there are none of.
func (s *Server) v2Unload(c *call) error {
	var options struct{}
	if err := c.options(&options); err != nil {
		return err
	}
	resp, err := s.inference.RepositoryModelUnload(c.ctx, &inference.RepositoryModelUnloadRequest{ModelName: c.model})
	if err != nil {
		return err
	}
	return c.marshal(struct {
		Name   string `json:"name"`
		Unload bool   `json:"unload"`
	}{c.model, resp.GetIsUnloaded()})
}

// options reads a small body that may be empty.
func (c *call) options(v any) error {
	body, err := c.readBody(true) // whatever a client calls its nothing
	if err != nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return notExpected(err)
	}
	return nil
}

// notExpected tells a client of an error of encoding/json, whose own words
// are about Go types.
func notExpected(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return badRequest("the body is not the expected JSON: %v", err)
	case wrong.Field == "":
		return badRequest("the body is not the expected JSON: found %s; expected an object", wrong.Value)
	}
	field := strings.TrimPrefix(wrong.Field, ".")
	e := badRequest("the body is not the expected JSON: %q cannot be of type %s", field, wrong.Value)
	e.Field = field
	return e
}

// marshal answers with small JSON, where speed is of no matter.
func (c *call) marshal(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.json(http.StatusOK, body)
	return nil
}

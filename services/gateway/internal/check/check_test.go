package check

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	list      = `{"models":[{"name":"housing"}]}`
	described = `{"name":"housing","version":{"version":"3"},"signature":{"features":[
	  {"name":"rooms","type":"FEATURE_TYPE_NUMBER","categories":[]},
	  {"name":"floors","type":"FEATURE_TYPE_NUMBER","categories":["2","3"]},
	  {"name":"street","type":"FEATURE_TYPE_STRING","categories":[]},
	  {"name":"place","type":"FEATURE_TYPE_STRING","categories":["INLAND"]}]}}`
	row    = `{"instances":[{"floors":2,"place":"INLAND","rooms":1,"street":"1"}]}`
	answer = `{"predictions":[442099]}`
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string // answers; a status before a blank, else 200
		out    string
		err    string
	}{
		{"all is well", nil, "housing version 3 answers 442099\n", ""},
		{"the gateway is stopping", map[string]string{"GET /health": `503 {"status":"stopping"}`}, "", `GET /health: 503 Service Unavailable: {"status":"stopping"}`},
		{"there is no predict", map[string]string{"GET /api/v1/models": `503 {"error":"no predict"}`}, "", `GET /api/v1/models: 503 Service Unavailable: {"error":"no predict"}`},
		{"there is no model", map[string]string{"GET /api/v1/models": `{"models":[]}`}, "", "predict serves no model"},
		{"the model is broken", map[string]string{"GET /api/v1/models/housing": `503 {"error":"broken"}`}, "", "model housing: GET /api/v1/models/housing: 503"},
		{"the row is refused", map[string]string{"POST /v1/models/housing:predict": `422 {"field":"rooms"}`}, "", `model housing: POST /v1/models/housing:predict: 422 Unprocessable Entity: {"field":"rooms"}`},
		{"the answer is empty", map[string]string{"POST /v1/models/housing:predict": `{"predictions":[]}`}, "", "0 predictions for one row"},
		{"something else answers", map[string]string{"GET /api/v1/models": `<html>`}, "", "GET /api/v1/models: invalid character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answers := map[string]string{"GET /health": `{"status":"ok"}`, "GET /api/v1/models": list, "GET /api/v1/models/housing": described, "POST /v1/models/housing:predict": answer}
			for route, a := range tt.change {
				answers[route] = a
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || (r.Method == http.MethodPost && string(body) != row) || (r.Method == http.MethodGet && len(body) > 0) {
					t.Errorf("%s %s with %s, %v", r.Method, r.URL.Path, body, err)
				}
				a, status := answers[r.Method+" "+r.URL.Path], http.StatusOK
				if _, err := fmt.Sscanf(a, "%d ", &status); err == nil {
					_, a, _ = strings.Cut(a, " ")
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, a)
			}))
			defer server.Close()
			var out strings.Builder
			err := Gateway{URL: server.URL, Client: server.Client()}.Check(t.Context(), &out)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || out.String() != tt.out {
				t.Errorf("wrote %q, error %v; want %q, %q", out.String(), err, tt.out, tt.err)
			}
		})
	}
}

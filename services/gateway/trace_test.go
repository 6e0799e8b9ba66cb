package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/internal/otlptest"
)

// A request over HTTP is one trace, of both services, down to the engine's
// stages, and both logs tell of it by its id. None of them has a value of the
// request.
func TestTrace(t *testing.T) {
	const trace, caller, secret = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "37.8812345"
	c := otlptest.Start(t)
	// The caller samples: the gateway would not, and predict leaves it to the gateway.
	tracing := []string{"--otlp-endpoint=" + c.Address, "--log-level=debug"}
	s := startStack(t, flags{predict: append(tracing, "--trace-sample=1"), gateway: append(tracing, "--trace-sample=0", "--access-log=all")})
	s.found(t)
	if spans := c.Spans(); len(spans) > 0 {
		t.Fatalf("%d spans of requests that nobody samples", len(spans))
	}
	header := http.Header{"Traceparent": {"00-" + trace + "-" + caller + "-01"}, "Content-Type": {"application/json"}}
	const house = `{"longitude": -122.23, "latitude": ` + secret + `, "housing_median_age": 41, "total_rooms": 880, "total_bedrooms": 129,
		"population": 322, "households": 126, "median_income": 8.3252, "ocean_proximity": "NEAR BAY"}`
	if status, answer := s.do(t, http.MethodPost, "/predict", house, header); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	status, answer := s.do(t, http.MethodPost, "/predict", strings.Replace(house, secret, `"`+secret+`"`, 1), header)
	if status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), secret) {
		t.Fatalf("a string for a number: %d %s", status, answer)
	}
	exemplar(t, s.admin.gateway, "treehouse_gateway_request_seconds_bucket", trace)
	exemplar(t, s.admin.predict, "treehouse_predict_seconds_bucket", trace)

	s.gateway.stop(t) // which flushes
	s.predict.stop(t)
	spans := c.Spans()
	if len(spans) == 0 {
		t.Fatal("no spans came")
	}
	find := func(parent, name string) otlptest.Span {
		t.Helper()
		for _, span := range spans {
			if span.ParentID == parent && span.GetName() == name {
				return span
			}
		}
		t.Fatalf("no span %s below %s", name, parent)
		return otlptest.Span{}
	}
	served := find(caller, "POST /predict")
	call := find(served.ID, "treehouse.predict.v1.PredictService/Predict")
	predicted := find(call.ID, "treehouse.predict.v1.PredictService/Predict")
	for name, want := range map[string]any{"http.route": "/predict", "http.response.status_code": int64(200), "treehouse.model": "housing", "treehouse.version": int64(3), "treehouse.rows": int64(1)} {
		if got := served.Attribute(name); got != want {
			t.Errorf("the gateway's span: %s is %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]any{"rpc.grpc.status_code": int64(0), "treehouse.model": "housing", "treehouse.version": int64(3), "treehouse.rows": int64(1)} {
		if got := predicted.Attribute(name); got != want {
			t.Errorf("predict's span: %s is %v, want %v", name, got, want)
		}
	}
	if served.Service != "treehouse-gateway" || predicted.Service != "treehouse-predict" {
		t.Errorf("the services are %s and %s", served.Service, predicted.Service)
	}
	if served.Attribute("treehouse.request_id") != predicted.Attribute("treehouse.request_id") {
		t.Errorf("the request ids differ: %v, %v", served.Attribute("treehouse.request_id"), predicted.Attribute("treehouse.request_id"))
	}
	at := predicted.GetStartTimeUnixNano()
	for i, name := range []string{"queue", "decode", "transform", "predict", "encode"} {
		if len(predicted.GetEvents()) != 5 {
			t.Fatalf("the events of predict's span are %v", predicted.GetEvents())
		}
		stage := predicted.GetEvents()[i]
		if stage.GetName() != name || stage.GetTimeUnixNano() < at || stage.GetTimeUnixNano() > predicted.GetEndTimeUnixNano() {
			t.Errorf("event %d is %v, want the stage %s, in order and within its request", i, stage, name)
		}
		at = stage.GetTimeUnixNano()
	}
	for _, span := range spans {
		if span.TraceID != trace {
			t.Errorf("the span %s is in the trace %s", span.GetName(), span.TraceID)
		}
		if text := span.String(); strings.Contains(text, secret) || strings.Contains(text, "NEAR BAY") {
			t.Errorf("a span tells a value of the request: %s", text)
		}
	}

	logged(t, s.gateway, "http", trace, map[string]any{"status": 200., "route": "/predict", "model": "housing", "version": 3., "rows": 1.})
	logged(t, s.predict, "prediction", trace, map[string]any{"code": "OK", "model": "housing", "version": 3., "rows": 1.})
	for _, p := range []*process{s.gateway, s.predict} {
		if log := p.log.String(); strings.Contains(log, secret) || strings.Contains(log, "NEAR BAY") {
			t.Errorf("a log tells a value of the request: %s", log)
		}
	}
}

// exemplar looks for a bucket whose example is of the trace.
func exemplar(t *testing.T, admin, metric, trace string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, metric) && strings.Contains(line, fmt.Sprintf("# {trace_id=%q}", trace)) {
			return
		}
	}
	t.Errorf("no bucket of %s has an example of the trace", metric)
}

// logged finds the line of a trace, and some of what it is to say.
func logged(t *testing.T, p *process, message, trace string, want map[string]any) {
	t.Helper()
	for text := range strings.Lines(p.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil || line["msg"] != message || line["trace_id"] != trace {
			continue
		}
		for name, value := range want {
			if line[name] != value {
				t.Errorf("%s is %v, want %v, in %s", name, line[name], value, text)
			}
		}
		return
	}
	t.Errorf("no line %q of the trace in %s", message, p.log.String())
}

package app

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// Whatever is served, both APIs answer with scikit-learn's own numbers.
func TestAnswersAreTheLibrarys(t *testing.T) {
	for _, c := range []struct {
		name, model, version, golden string
		change                       func(*Options)
	}{
		{"a file", "model", "1", "3", func(o *Options) {
			o.Predict.Model, o.Predict.Repository = housing+"/3/model.joblib", ""
		}},
		{"a folder", "price", "1", "2", func(o *Options) {
			o.Predict.Model, o.Predict.ModelName, o.Predict.Repository = housing+"/2", "price", ""
		}},
		{"a repository", "housing", "3", "3", func(o *Options) { o.Predict.Repository = repository(t, "1", "3") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, c.change)
			r.ready(t)
			g := readGolden(t, c.golden)
			for what, got := range map[string][]float64{"HTTP": overHTTP(t, r, c.model, g), "gRPC": overGRPC(t, r, c.model, g)} {
				for i, row := range g.Rows {
					if got[i] != g.Outputs.Predict[i][0] {
						t.Fatalf("%s: %v gives %v, scikit-learn %v", what, row, got[i], g.Outputs.Predict[i][0])
					}
				}
			}
			_, body, err := fetch(r.url+"/predict", record0(t, g))
			if err != nil || !strings.Contains(body, `"model":"`+c.model+`","version":"`+c.version+`"`) {
				t.Errorf("/predict: %s, %v; want an answer of %s %s", body, err, c.model, c.version)
			}
			if err := r.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
	}
}

func record0(t *testing.T, g golden) string {
	t.Helper()
	fields := map[string]any{}
	for i, name := range g.Features {
		fields[name] = g.Rows[0][i]
	}
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func overHTTP(t *testing.T, r *running, model string, g golden) []float64 {
	t.Helper()
	body, err := json.Marshal(map[string]any{"instances": g.Rows})
	if err != nil {
		t.Fatal(err)
	}
	code, answer, err := fetch(r.url+"/v1/models/"+model+":predict", string(body))
	if code != http.StatusOK || err != nil {
		t.Fatalf("%d %s, %v", code, answer, err)
	}
	var decoded struct{ Predictions []float64 }
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil || len(decoded.Predictions) != len(g.Rows) {
		t.Fatalf("%d predictions for %d rows, %v", len(decoded.Predictions), len(g.Rows), err)
	}
	return decoded.Predictions
}

func overGRPC(t *testing.T, r *running, model string, g golden) []float64 {
	t.Helper()
	resp, err := predictv1.NewPredictServiceClient(r.conn).Predict(t.Context(), table(model, g))
	if err != nil || len(resp.GetValues()) != len(g.Rows) {
		t.Fatalf("%d values for %d rows, %v", len(resp.GetValues()), len(g.Rows), err)
	}
	return resp.GetValues()
}

// table is the rows, column by column.
func table(model string, g golden) *predictv1.PredictRequest {
	columns := &predictv1.Table{Rows: uint32(len(g.Rows))}
	for j, name := range g.Features {
		column := &predictv1.Column{Name: name}
		var numbers []float64
		var strs []string
		for _, row := range g.Rows {
			switch v := row[j].(type) {
			case string:
				strs = append(strs, v)
			case float64:
				numbers = append(numbers, v)
			}
		}
		column.Values = &predictv1.Column_Numbers{Numbers: &predictv1.Numbers{Values: numbers}}
		if strs != nil {
			column.Values = &predictv1.Column_Strings{Strings: &predictv1.Strings{Values: strs}}
		}
		columns.Columns = append(columns.Columns, column)
	}
	return &predictv1.PredictRequest{Model: model, Rows: &predictv1.PredictRequest_Table{Table: columns}}
}

// One admin port tells of both services, and each log line of which it is.
func TestOneAdminPort(t *testing.T) {
	r := start(t, func(o *Options) { o.Predict.Repository = repository(t, "3") })
	r.ready(t)
	if code, body, err := fetch(r.url+"/predict", record0(t, readGolden(t, "3"))); code != http.StatusOK {
		t.Fatal(code, body, err)
	}
	_, metrics, err := fetch(r.admin+"/metrics", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`treehouse_build_info{`, `treehouse_models_loaded{service="predict"} 1`,
		`treehouse_predict_requests_total{code="OK",model="housing",service="predict",version="3"} 1`,
		`treehouse_gateway_requests_total{`, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/version", "/debug/pprof/"} {
		if code, body, err := fetch(r.admin+path, ""); code != http.StatusOK || err != nil {
			t.Errorf("%s: %d %s, %v", path, code, body, err)
		}
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(r.log.String()) {
		var entry struct{ Msg, Service string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not a line of JSON: %s", line)
		}
		if entry.Msg == "listening" && entry.Service == "" {
			t.Errorf("who? %s", line)
		}
	}
}

// A process without a model that answers is not ready, by any of its probes,
// and becomes ready when one appears.
func TestReadyWhenPredictIs(t *testing.T) {
	top := t.TempDir()
	r := start(t, func(o *Options) { o.Predict.Repository, o.Predict.Rescan = top, 10300*time.Millisecond })
	probes := []string{r.admin + "/readyz", r.url + "/health", r.url + "/v2/health/ready"}
	for _, probe := range probes {
		if code, body, err := fetch(probe, ""); code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s, %v; want 503", probe, code, body, err)
		}
	}
	if err := os.CopyFS(filepath.Join(top, "housing", "3"), os.DirFS(housing+"/3")); err != nil {
		t.Fatal(err)
	}
	r.ready(t)
	for _, probe := range append(probes, r.url+"/v1/models/housing", r.url+"/v2/models/housing/ready") {
		if code, body, err := fetch(probe, ""); code != http.StatusOK {
			t.Errorf("%s: %d %s, %v; want 200", probe, code, body, err)
		}
	}
}

// A client that goes elsewhere when a probe says so loses no request.
func TestStopLosesNothing(t *testing.T) {
	r := start(t, func(o *Options) {
		o.Predict.Repository, o.DrainWait = repository(t, "3"), 300*time.Millisecond
	})
	r.ready(t)
	g := readGolden(t, "3")
	record, price := record0(t, g), g.Outputs.Predict[0][0]
	var answered atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for serving := true; serving; answered.Add(1) {
				code, body, err := fetch(r.url+"/predict", record)
				var answer struct{ Prediction float64 }
				if err = errors.Join(err, json.Unmarshal([]byte(body), &answer)); err != nil || answer.Prediction != price {
					t.Errorf("HTTP: %d %s, %v; want %v", code, body, err, price)
					return
				}
				code, _, err = fetch(r.url+"/health", "")
				serving = code == http.StatusOK && err == nil
			}
		})
		clients.Go(func() {
			predict, health := predictv1.NewPredictServiceClient(r.conn), grpc_health_v1.NewHealthClient(r.conn)
			for serving := true; serving; answered.Add(1) {
				resp, err := predict.Predict(context.Background(), table("", g))
				if err != nil || resp.GetValues()[0] != price {
					t.Errorf("gRPC: %v, %v; want %v", resp, err, price)
					return
				}
				state, err := health.Check(context.Background(), &grpc_health_v1.HealthCheckRequest{})
				serving = err == nil && state.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING
			}
		})
	}
	eventually(t, "there is load", func() bool { return answered.Load() > 100 || t.Failed() })
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	clients.Wait()
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(r.url, "http://"), time.Second); err == nil {
		t.Error("the port is still open")
	}
}

// A port that is taken ends the process, with nothing left behind.
func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, take := range map[string]func(*Options, string){
		"HTTP":  func(o *Options, a string) { o.Gateway.Address = a },
		"gRPC":  func(o *Options, a string) { o.Predict.GRPCAddress = a },
		"admin": func(o *Options, a string) { o.AdminAddress = a },
	} {
		o := testOptions()
		o.LogOutput, o.Predict.Repository = &output{}, repository(t, "3")
		o.DrainWait = time.Hour // what did not start has nothing to drain
		take(&o, taken.Addr().String())
		o.Listening = func(Addresses) { t.Errorf("%s: it started", name) }
		if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("%s: %v; want that the address is in use", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(*Options){
		"drain-wait":            func(o *Options) { o.DrainWait = -1 },
		"stop-timeout":          func(o *Options) { o.StopTimeout = 0 },
		"no output for the log": func(o *Options) { o.LogOutput = nil },
		"max-body":              func(o *Options) { o.Gateway.MaxBody = 0 },
		"repository is empty":   func(o *Options) { o.Predict.Repository = "" },
	} {
		o := testOptions()
		o.LogOutput = &output{}
		spoil(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error about %q", err, want)
		}
	}
}

package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

// A service is the real one, on free ports.
type service struct {
	t       testing.TB
	address string // of gRPC
	admin   string
	conn    *grpc.ClientConn
	log     *logtest.Buffer
	// stop ends it and returns what Run returned.
	stop func() error
}

func start(t testing.TB, change func(*Options)) *service {
	t.Helper()
	s := &service{t: t, log: &logtest.Buffer{}}
	o := DefaultOptions()
	o.Auth.Mode = "off"
	o.GRPCAddress, o.AdminAddress = "127.0.0.1:0", "127.0.0.1:0"
	o.Repository, o.LogOutput = "../models", s.log
	type addresses struct{ grpc, admin net.Addr }
	listening := make(chan addresses, 1)
	o.Listening = func(grpc, admin net.Addr) { listening <- addresses{grpc, admin} }
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- Run(ctx, o) }()
	s.stop = sync.OnceValue(func() error { cancel(); return <-result })
	t.Cleanup(func() { _ = s.stop() })
	select {
	case at := <-listening:
		s.address, s.admin = at.grpc.String(), "http://"+at.admin.String()
		var err error
		if s.conn, err = grpc.NewClient(at.grpc.String(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.conn.Close() })
	case err := <-result:
		t.Fatal(err)
	}
	return s
}

func (s *service) get(path string) (int, string) {
	s.t.Helper()
	resp, err := http.Get(s.admin + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return resp.StatusCode, string(body)
}

func (s *service) ready() {
	s.t.Helper()
	for range 3000 {
		if code, _ := s.get("/readyz"); code == http.StatusOK {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("not ready:\n%s", s.log)
}

func (s *service) health(name string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	s.t.Helper()
	resp, err := grpc_health_v1.NewHealthClient(s.conn).Check(s.t.Context(), &grpc_health_v1.HealthCheckRequest{Service: name})
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.GetStatus()
}

func house() *predictv1.PredictRequest {
	columns := []*predictv1.Column{{Name: "ocean_proximity", Values: &predictv1.Column_Strings{Strings: &predictv1.Strings{Values: []string{"NEAR BAY"}}}}}
	for name, v := range map[string]float64{"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880,
		"total_bedrooms": 129, "population": 322, "households": 126, "median_income": 8.3252} {
		columns = append(columns, &predictv1.Column{Name: name, Values: &predictv1.Column_Numbers{Numbers: &predictv1.Numbers{Values: []float64{v}}}})
	}
	return &predictv1.PredictRequest{Rows: &predictv1.PredictRequest_Table{Table: &predictv1.Table{Rows: 1, Columns: columns}}}
}

func TestServesTheExample(t *testing.T) {
	s := start(t, nil)
	s.ready()
	resp, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house())
	if err != nil {
		t.Fatal(err)
	}
	if price := resp.GetValues()[0]; resp.GetModel() != "housing" || resp.GetVersion() < 3 || price < 300_000 || price > 550_000 {
		t.Errorf("answer: %v", resp)
	}
	if _, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house(), grpc.UseCompressor(gzip.Name)); err != nil {
		t.Errorf("a compressed request: %v", err)
	}
	for _, name := range []string{"", "treehouse.predict.v1.PredictService", "inference.GRPCInferenceService"} {
		if got := s.health(name); got != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q is %v", name, got)
		}
	}
	_, metrics := s.get("/metrics")
	for _, want := range []string{
		`treehouse_predict_requests_total{code="OK",model="housing",version="3"} 2`,
		`treehouse_grpc_requests_total{code="OK",method="/treehouse.predict.v1.PredictService/Predict"} 2`,
		`treehouse_predict_rows_total{model="housing",version="3"} 2`,
		`treehouse_models_loaded 3`, `treehouse_model_info{certified="true",default="true"`, `treehouse_admission_in_flight 0`,
		`treehouse_build_info{`, `go_goroutines`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if err := s.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestReflection(t *testing.T) {
	s := start(t, nil)
	stream, err := grpc_reflection_v1.NewServerReflectionClient(s.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	resp, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if services := resp.GetListServicesResponse().String(); !strings.Contains(services, "inference.GRPCInferenceService") ||
		!strings.Contains(services, "treehouse.predict.v1.PredictService") {
		t.Errorf("services: %s", services)
	}
}

// Streams that clients keep open must not hold up the stop; whoever watches
// the health is told first.
func TestStopWithOpenStreams(t *testing.T) {
	before := runtime.NumGoroutine()
	s := start(t, func(o *Options) { o.DrainWait = 50 * time.Millisecond })
	s.ready()
	watch, err := grpc_health_v1.NewHealthClient(s.conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := watch.Recv(); err != nil || resp.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Fatalf("health: %v, %v", resp, err)
	}
	infer, err := inference.NewGRPCInferenceServiceClient(s.conn).ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := infer.Send(&inference.ModelInferRequest{ModelName: "housing"}); err != nil {
		t.Fatal(err)
	}
	if _, err := infer.Recv(); err != nil {
		t.Fatal(err)
	}

	begin := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if resp, err := watch.Recv(); err != nil || resp.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("the watcher of health got %v, %v; want NOT_SERVING before the end", resp, err)
	}
	if _, err := infer.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the stream got %v, want UNAVAILABLE", err)
	}
	_ = s.conn.Close()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("goroutines leak: %d, before %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// A model that is added while requests come is swapped in without an error.
func TestModelChangeUnderLoad(t *testing.T) {
	repository := t.TempDir()
	version := func(number string) {
		if err := os.CopyFS(filepath.Join(repository, "housing", number), os.DirFS("../models/housing/2")); err != nil {
			t.Fatal(err)
		}
	}
	version("1")
	s := start(t, func(o *Options) { o.Repository = repository })
	s.ready()
	client := predictv1.NewPredictServiceClient(s.conn)
	var seen int64
	deadline := time.Now().Add(20 * time.Second)
	for n := 0; seen != 2 && time.Now().Before(deadline); n++ {
		if n == 20 {
			version("2")
		}
		resp, err := client.Predict(t.Context(), house())
		if err != nil {
			t.Fatal(err)
		}
		seen = resp.GetVersion()
	}
	if seen != 2 {
		t.Errorf("version %d answers, want 2:\n%s", seen, s.log)
	}
}

// One file, or one version's directory, is enough to serve.
func TestServesASingleModel(t *testing.T) {
	for path, name := range map[string]string{"../models/housing/2": "2", "../models/housing/2/model.joblib": "model"} {
		for _, given := range []string{"", "house-price"} {
			s := start(t, func(o *Options) { o.Repository, o.Model, o.ModelName = "", path, given })
			s.ready()
			resp, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house())
			if err != nil {
				t.Fatal(err)
			}
			want := given
			if want == "" {
				want = name
			}
			if resp.GetModel() != want || resp.GetVersion() != 1 || !IsModel(path) {
				t.Errorf("%s: %s version %d answers, want %s version 1", path, resp.GetModel(), resp.GetVersion(), want)
			}
			if err := s.stop(); err != nil {
				t.Error(err)
			}
		}
	}
	if IsModel("../models") {
		t.Error("a repository is taken for a model")
	}
}

// Each look into an object store costs requests; a directory is watched, too.
func TestRescan(t *testing.T) {
	for _, tt := range []struct {
		repository string
		given      time.Duration
		want       time.Duration
	}{
		{"models", 0, 10 * time.Second},
		{"s3://models", 0, time.Minute},
		{"s3://models", 5 * time.Second, 5 * time.Second},
	} {
		o := DefaultOptions()
		o.Auth.Mode = "off"
		o.Repository, o.Rescan, o.LogOutput = tt.repository, tt.given, io.Discard
		if err := o.Validate(); err != nil || o.rescan() != tt.want {
			t.Errorf("%s, %v: every %v, %v; want %v", tt.repository, tt.given, o.rescan(), err, tt.want)
		}
	}
}

func TestNotReady(t *testing.T) {
	s := start(t, func(o *Options) { o.Repository = t.TempDir() })
	code, body := s.get("/readyz")
	for range 1000 { // until the first scan is done
		if strings.Contains(body, "no model") {
			break
		}
		time.Sleep(10 * time.Millisecond)
		code, body = s.get("/readyz")
	}
	if code != http.StatusServiceUnavailable || body != "not ready: the repository holds no model that can be served\n" {
		t.Errorf("GET /readyz = %d %q", code, body)
	}
	if got := s.health(""); got != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health is %v", got)
	}
	if code, _ := s.get("/livez"); code != http.StatusOK {
		t.Errorf("GET /livez = %d", code)
	}
}

func TestMessageLimit(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxMessageBytes = 1000 })
	_, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), &predictv1.PredictRequest{Model: strings.Repeat("x", 2000)})
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a message above the limit got %v", err)
	}
}

func TestStartFailures(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"a port that is taken", func(o *Options) { o.GRPCAddress = taken.Addr().String() }, "address already in use"},
		{"the admin port is", func(o *Options) { o.AdminAddress = taken.Addr().String() }, "address already in use"},
		{"a bad option", func(o *Options) { o.Load, o.MaxRows = "later", 0 }, "load is \"later\"; expected startup or on-demand\nmax-rows is 0"},
		{"a repository and a model", func(o *Options) { o.Model = "../models/housing/1" }, "repository is \"../models\" and model \"../models/housing/1\"; expected one of them"},
		{"neither", func(o *Options) { o.Repository = "" }, "repository is empty"},
		{"a model whose name needs another", func(o *Options) { o.Repository, o.Model = "", "my model.joblib" }, "model-name is \"my model\"; expected letters"},
		{"a name of nothing", func(o *Options) { o.ModelName = "m" }, "model-name is \"m\" without a model"},
		{"payloads of no model", func(o *Options) { o.PayloadLog, o.Instance = "log", "pod" }, "payload-models: "},
		{"payloads without a log", func(o *Options) { o.PayloadModels = "housing" }, "without a payload-log"},
		{"a payload log with credentials", func(o *Options) {
			o.PayloadLog, o.PayloadModels, o.Instance = "s3://key:secret@bucket", "housing", "pod"
		}, "payload-log: the URL carries credentials"},
		{"a small payload buffer", func(o *Options) {
			o.PayloadLog, o.PayloadModels, o.Instance, o.PayloadBufferBytes = "log", "housing", "pod", 1000
		}, "payload-buffer-bytes is 1000"},
		{"a store that is none", func(o *Options) { o.Repository = "ftp://models" }, "the URL has the scheme \"ftp\""},
		{"a cache of a directory", func(o *Options) { o.Cache = "cache" }, "cache is \"cache\"; expected none without an object store"},
		{"a cache without room", func(o *Options) { o.CacheBytes = 0 }, "cache-bytes is 0; expected more than 0"},
		{"a cache that cannot be", func(o *Options) { o.Repository, o.Cache = "s3://models", "app.go" }, "cache app.go: mkdir app.go: not a directory"},
		{"a bad log level", func(o *Options) { o.LogLevel = "loud" }, `log level "loud"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := DefaultOptions()
			o.Auth.Mode = "off"
			o.GRPCAddress, o.AdminAddress, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", io.Discard
			o.Repository, o.DrainWait = "../models", time.Hour // what did not start has nothing to drain
			o.Listening = func(net.Addr, net.Addr) { t.Error("it started") }
			tt.change(&o)
			if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run = %v, want %q", err, tt.want)
			}
		})
	}
	o := DefaultOptions()
	o.Auth.Mode = "off"
	o.LogOutput = io.Discard
	if err := o.Validate(); err != nil {
		t.Errorf("the defaults are invalid: %v", err)
	}
	if err := (&Options{}).Validate(); errors.Is(err, nil) {
		t.Error("no options at all are valid")
	}
}

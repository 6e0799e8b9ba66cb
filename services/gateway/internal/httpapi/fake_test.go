package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/records"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/upstream"
	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

// fake stands for a server of predict. It knows the regressor "housing" of
// versions 1 to 3 and the classifier "species". It writes down what it was asked.
type fake struct {
	predictv1.UnimplementedPredictServiceServer
	inference.UnimplementedGRPCInferenceServiceServer

	address string
	health  *health.Server
	server  *grpc.Server

	mu      sync.Mutex
	calls   int
	meta    metadata.MD
	left    time.Duration                                          // of the deadline
	predict func(context.Context, *predictv1.PredictRequest) error // nil: succeed
	infer   func(*inference.ModelInferRequest) (*inference.ModelInferResponse, error)
}

func startFake(t testing.TB) *fake {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{address: ln.Addr().String()}
	f.serve(t, ln)
	return f
}

func (f *fake) serve(t testing.TB, ln net.Listener) {
	f.health, f.server = health.NewServer(), grpc.NewServer(grpc.MaxRecvMsgSize(upstream.MaxMessageBytes))
	predictv1.RegisterPredictServiceServer(f.server, f)
	inference.RegisterGRPCInferenceServiceServer(f.server, f)
	grpc_health_v1.RegisterHealthServer(f.server, f.health)
	server := f.server
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(server.Stop)
}

// failure is an error as predict makes them.
func failure(code codes.Code, message, reason string, meta map[string]string, more ...protoadapt.MessageV1) error {
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Domain: domain, Reason: reason, Metadata: meta}}, more...)
	st, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return st.Err()
}

func (f *fake) note(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.meta, _ = metadata.FromIncomingContext(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		f.left = time.Until(deadline)
	}
}

// onPredict makes Predict fail where do returns an error; nil lets it succeed.
func (f *fake) onPredict(do func(context.Context, *predictv1.PredictRequest) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.predict = do
}

// onInfer makes ModelInfer answer what do returns.
func (f *fake) onInfer(do func(*inference.ModelInferRequest) (*inference.ModelInferResponse, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.infer = do
}

// last tells what came with the last call.
func (f *fake) last() (metadata.MD, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meta, f.left
}

// forget lets last tell of no deadline until there is a next call.
func (f *fake) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func known(name, version string) error {
	if name != "" && name != "housing" && name != "species" {
		return failure(codes.NotFound, `model "`+name+`" not found`, "MODEL_NOT_FOUND", nil)
	}
	if version == "4" {
		return failure(codes.Unavailable, `model "housing" version 4 is not served here: FAILED: damaged`, "MODEL_NOT_SERVED", nil)
	}
	if version != "" && version != "0" && !strings.Contains("123", version) {
		return failure(codes.NotFound, `model "housing" has no version `+version, "MODEL_NOT_FOUND", nil)
	}
	return nil
}

func (f *fake) Predict(ctx context.Context, r *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	f.note(ctx)
	f.mu.Lock()
	do := f.predict
	f.mu.Unlock()
	if do != nil {
		if err := do(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := known(r.GetModel(), itoa(r.GetVersion())); err != nil {
		return nil, err
	}
	rows := r.GetTable().GetRows()
	resp := &predictv1.PredictResponse{Model: r.GetModel(), Version: max(r.GetVersion(), 1), Rows: rows}
	if resp.GetModel() == "" {
		resp.Model = "housing"
	}
	if r.GetModel() != "species" {
		resp.Outputs = 1
		for i := range rows {
			resp.Values = append(resp.Values, 100+float64(i)+0.5)
		}
		return resp, nil
	}
	labels := &predictv1.Strings{}
	for i := range rows {
		labels.Values = append(labels.Values, []string{"setosa", "virginica"}[i%2])
	}
	resp.Labels = &predictv1.Labels{Values: &predictv1.Labels_Strings{Strings: labels}}
	if len(r.GetMethods()) == 2 {
		resp.Classes = &predictv1.Labels{Values: &predictv1.Labels_Strings{Strings: &predictv1.Strings{Values: []string{"setosa", "virginica"}}}}
		for range rows {
			resp.Probabilities = append(resp.Probabilities, 0.25, 0.75)
		}
	}
	return resp, nil
}

func (f *fake) ListModels(ctx context.Context, r *predictv1.ListModelsRequest) (*predictv1.ListModelsResponse, error) {
	f.note(ctx)
	if r.GetPageToken() == "" {
		return &predictv1.ListModelsResponse{NextPageToken: "housing", DefaultModel: "housing", Models: []*predictv1.Model{{
			Name: "housing", DefaultVersion: 3, Versions: []*predictv1.ModelVersion{{Version: 3, State: predictv1.State_STATE_READY}}}}}, nil
	}
	return &predictv1.ListModelsResponse{DefaultModel: "housing", Models: []*predictv1.Model{{Name: "species"}}}, nil
}

func (f *fake) GetModel(ctx context.Context, r *predictv1.GetModelRequest) (*predictv1.GetModelResponse, error) {
	f.note(ctx)
	if err := known(r.GetName(), itoa(r.GetVersion())); err != nil {
		return nil, err
	}
	return &predictv1.GetModelResponse{
		Name:    r.GetName(),
		Version: &predictv1.ModelVersion{Version: 3, State: predictv1.State_STATE_READY},
		Signature: &predictv1.Signature{Named: true, Task: predictv1.Task_TASK_REGRESSION, Outputs: 1, Methods: []predictv1.Method{predictv1.Method_METHOD_PREDICT},
			Features: []*predictv1.Feature{{Name: "ocean_proximity", Type: predictv1.FeatureType_FEATURE_TYPE_STRING, Categories: []string{"INLAND"}}}},
		Origin: &predictv1.Origin{Format: "joblib", Library: "scikit-learn", LibraryVersion: "1.9.1", Sha256: "00", CertifiedRows: 200, Metrics: map[string]float64{"rmse": 1.5}},
	}, nil
}

func (f *fake) ServerReady(context.Context, *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
	return &inference.ServerReadyResponse{Ready: true}, nil
}

func (f *fake) ServerMetadata(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
	return &inference.ServerMetadataResponse{Name: "treehouse", Version: "1", Extensions: []string{"model_repository"}}, nil
}

func (f *fake) ModelReady(ctx context.Context, r *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	f.note(ctx)
	return &inference.ModelReadyResponse{Ready: known(r.GetName(), r.GetVersion()) == nil}, nil
}

func (f *fake) ModelMetadata(ctx context.Context, r *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	f.note(ctx)
	if err := known(r.GetName(), r.GetVersion()); err != nil {
		return nil, err
	}
	return &inference.ModelMetadataResponse{Name: r.GetName(), Versions: []string{"1", "2", "3"}, Platform: "treehouse_scikitlearn",
		Inputs:     []*inference.ModelMetadataResponse_TensorMetadata{{Name: "x", Datatype: "FP64", Shape: []int64{-1, 1}}},
		Outputs:    []*inference.ModelMetadataResponse_TensorMetadata{{Name: "predict", Datatype: "FP64", Shape: []int64{-1}}},
		Properties: map[string]string{"task": "regression"}}, nil
}

// ModelInfer answers each input as an output of its name, and echoes the id.
func (f *fake) ModelInfer(ctx context.Context, r *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	f.note(ctx)
	f.mu.Lock()
	do := f.infer
	f.mu.Unlock()
	if do != nil {
		return do(r)
	}
	if err := known(r.GetModelName(), r.GetModelVersion()); err != nil {
		return nil, err
	}
	resp := &inference.ModelInferResponse{ModelName: r.GetModelName(), ModelVersion: "3", Id: r.GetId()}
	for i, in := range r.GetInputs() {
		resp.Outputs = append(resp.Outputs, &inference.ModelInferResponse_InferOutputTensor{Name: in.GetName(), Datatype: in.GetDatatype(), Shape: in.GetShape()})
		resp.RawOutputContents = append(resp.RawOutputContents, r.GetRawInputContents()[i])
	}
	return resp, nil
}

func (f *fake) RepositoryIndex(ctx context.Context, r *inference.RepositoryIndexRequest) (*inference.RepositoryIndexResponse, error) {
	f.note(ctx)
	return &inference.RepositoryIndexResponse{Models: []*inference.RepositoryIndexResponse_ModelIndex{
		{Name: "housing", Version: "3", State: "READY"}, {Name: "housing", Version: "4", State: "FAILED", Reason: `it is "damaged"`}}}, nil
}

func (f *fake) RepositoryModelLoad(ctx context.Context, r *inference.RepositoryModelLoadRequest) (*inference.RepositoryModelLoadResponse, error) {
	f.note(ctx)
	if r.GetModelName() == "species" {
		return nil, failure(codes.FailedPrecondition, "loading and unloading by request is switched off on this server", "MODEL_CONTROL_OFF", nil)
	}
	return &inference.RepositoryModelLoadResponse{ModelName: r.GetModelName(), IsLoaded: true}, nil
}

func (f *fake) RepositoryModelUnload(ctx context.Context, r *inference.RepositoryModelUnloadRequest) (*inference.RepositoryModelUnloadResponse, error) {
	f.note(ctx)
	return &inference.RepositoryModelUnloadResponse{ModelName: r.GetModelName(), IsUnloaded: true}, nil
}

func itoa(v int64) string { return string(rune('0' + v)) }

// gateway is a running gateway in front of fakes.
type gateway struct {
	*httptest.Server
	api *Server
	log *logtest.Buffer
	reg *prometheus.Registry
}

// startGateway starts one with small limits, in front of the servers of target.
func startGateway(t testing.TB, target string, change ...func(*Options)) *gateway {
	t.Helper()
	conn, err := upstream.Connect(target, discovery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	g := &gateway{log: &logtest.Buffer{}, reg: prometheus.NewRegistry()}
	o := Options{
		Predict: conn, Log: slog.New(slog.NewJSONHandler(g.log, nil)), AccessLog: AccessLog{Errors: true}, Registerer: g.reg,
		Timeout: 5 * time.Second, MaxBody: 1 << 20, MaxInFlight: 100, MaxBuffered: 8 << 20, Rows: records.DefaultLimits(),
	}
	for _, f := range change {
		f(&o)
	}
	if g.api, err = New(o); err != nil {
		t.Fatal(err)
	}
	g.Server = httptest.NewUnstartedServer(g.api)
	g.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	g.Start()
	t.Cleanup(g.Close)
	return g
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) error(t *testing.T) Error {
	t.Helper()
	var e Error
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatalf("the error %q is not JSON: %v", a.body, err)
	}
	return e
}

func (g *gateway) do(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if req.Header.Get("Accept-Encoding") == "" {
		req.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := g.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

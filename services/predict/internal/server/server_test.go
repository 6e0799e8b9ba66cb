package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

const (
	housing = "../../models/housing"
	goldens = "../../../scoring/testdata/scikit-learn-1.9.1"
)

// open reads a real model, as its library wrote it.
func open(t testing.TB, path string) *scoring.Model {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := scoring.Open(file, &scoring.Options{AllowUntested: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func version(name string, number int64, m model.Scorer) *model.Version {
	return &model.Version{Name: name, Number: number, Model: m, Inputs: model.NewInputs(m.Signature()),
		Origin: model.Origin{Format: "joblib", Library: "scikit-learn", LibraryVersion: "1.9.1", SHA256: "ab12",
			Certified: true, CertifiedRows: 200, Metrics: map[string]float64{"rmse": 1.5}}}
}

// models is a catalog of versions that never change.
type models struct {
	versions []*model.Version
	control  error
	called   string
}

func (c *models) Lookup(_ context.Context, name string, number int64) (*model.Version, error) {
	if name == "" {
		name = c.DefaultModel()
	}
	if name == "pending" {
		return nil, &model.NotServedError{Name: name, Version: 1, State: model.Loading}
	}
	if name == "unreadable" {
		return nil, errors.New("secret path /srv/models")
	}
	for _, v := range slices.Backward(c.versions) {
		if v.Name == name && (number == 0 || v.Number == number) {
			return v, nil
		}
	}
	return nil, &model.NotFoundError{Name: name, Version: number}
}

func (c *models) Models() []model.Summary {
	var out []model.Summary
	for _, v := range c.versions {
		if len(out) == 0 || out[len(out)-1].Name != v.Name {
			out = append(out, model.Summary{Name: v.Name})
		}
		m := &out[len(out)-1]
		m.Default = v.Number
		m.Versions = append(m.Versions, model.Status{Number: v.Number, State: model.Ready, Served: true})
	}
	return append(out, model.Summary{Name: "pending", Default: 1, Versions: []model.Status{
		{Number: 1, State: model.Loading}, {Number: 2, State: model.Failed, Reason: "golden row 3"},
	}})
}

func (c *models) DefaultModel() string { return "housing" }
func (c *models) Load(_ context.Context, name string) error {
	c.called += "load " + name
	return c.control
}
func (c *models) Unload(_ context.Context, name string) error {
	c.called += "unload " + name
	return c.control
}

// open gates let everyone in.
type openGate struct{}

func (openGate) Acquire(context.Context, string) (int, error) { return 0, nil }
func (openGate) Check(context.Context, string, bool) error    { return nil }
func (openGate) Yield(context.Context, int, time.Duration)    {}
func (openGate) Helpers(int) int                              { return 1 }
func (openGate) Release(int, time.Time, time.Duration)        {}

type fixture struct {
	*Server
	catalog *models
	logged  *bytes.Buffer
	ready   error
	typed   predictv1.PredictServiceClient
	oip     inference.GRPCInferenceServiceClient
}

// start serves models over a connection in memory.
func start(t testing.TB, versions ...*model.Version) *fixture {
	t.Helper()
	f := &fixture{catalog: &models{versions: versions}, logged: &bytes.Buffer{}}
	f.Server = New(Options{
		Catalog: f.catalog, Gate: openGate{}, Caller: func(context.Context) string { return "" }, Ready: func() error { return f.ready },
		RequestID: func(context.Context) string { return "req-7" }, TraceID: func(context.Context) string { return "" },
		MaxRows: 1000, Version: "1.2.3", Log: slog.New(slog.NewTextHandler(f.logged, nil)),
		Registerer: prometheus.NewRegistry(),
	})
	ln := bufconn.Listen(1 << 20)
	g := grpc.NewServer()
	f.Register(g)
	go func() { _ = g.Serve(ln) }()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return ln.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); g.Stop() })
	f.typed, f.oip = predictv1.NewPredictServiceClient(conn), inference.NewGRPCInferenceServiceClient(conn)
	return f
}

// startHousing serves the example: version 1 is a random forest, version 3
// XGBoost, which computes in single precision.
func startHousing(t testing.TB) *fixture {
	return start(t,
		version("housing", 1, open(t, filepath.Join(housing, "1/model.joblib"))),
		version("housing", 3, open(t, filepath.Join(housing, "3/model.joblib"))))
}

func startGolden(t testing.TB, name string) *fixture {
	return start(t, version("m", 1, open(t, filepath.Join(goldens, name, "model.joblib"))))
}

// refused checks an error's code and message, and its metadata given as key and
// value.
func refused(t *testing.T, err error, code codes.Code, message string, metadata ...string) {
	t.Helper()
	st := status.Convert(err)
	if st.Code() != code || !bytes.Contains([]byte(st.Message()), []byte(message)) {
		t.Errorf("error %v %q, want %v with %q", st.Code(), st.Message(), code, message)
		return
	}
	info := errorInfo(st)
	if info.GetDomain() != "treehouse.dev" || info.GetReason() == "" {
		t.Errorf("error info = %v, want one of domain treehouse.dev", info)
	}
	for i := 0; i < len(metadata); i += 2 {
		if got := info.GetMetadata()[metadata[i]]; got != metadata[i+1] {
			t.Errorf("%s: metadata %s = %q, want %q", message, metadata[i], got, metadata[i+1])
		}
	}
}

func errorInfo(st *status.Status) *errdetails.ErrorInfo {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return nil
}

// row is a house of the example, and what the libraries predict for it.
var (
	numbers = []float64{-122.23, 37.88, 41, 880, 129, 322, 126, 8.3252}
	names   = []string{"longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households", "median_income"}
)

// direct is what the model itself says for houses of the example.
func direct(t testing.TB, v *model.Version, oceans ...string) []float64 {
	t.Helper()
	b := &scoring.Batch{Rows: len(oceans)}
	for _, n := range numbers {
		b.Columns = append(b.Columns, scoring.Column{Numbers: slices.Repeat([]float64{n}, len(oceans))})
	}
	b.Columns = append(b.Columns, scoring.Column{Strings: oceans})
	var out scoring.Result
	if err := v.Model.Predict(t.Context(), b, scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	return out.Values
}

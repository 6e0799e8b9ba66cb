package check

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// fake is a server with one model; a test changes what it answers.
type fake struct {
	predictv1.UnimplementedPredictServiceServer
	models []*predictv1.Model
	answer func(*predictv1.Table) (*predictv1.PredictResponse, error)
}

func (f *fake) ListModels(context.Context, *predictv1.ListModelsRequest) (*predictv1.ListModelsResponse, error) {
	return &predictv1.ListModelsResponse{Models: f.models}, nil
}

func (f *fake) GetModel(_ context.Context, req *predictv1.GetModelRequest) (*predictv1.GetModelResponse, error) {
	if req.GetName() != "house" {
		return nil, status.Error(codes.Unavailable, "not loaded")
	}
	return &predictv1.GetModelResponse{Signature: &predictv1.Signature{Features: []*predictv1.Feature{
		{Name: "rooms", Type: predictv1.FeatureType_FEATURE_TYPE_NUMBER},
		{Name: "floors", Type: predictv1.FeatureType_FEATURE_TYPE_NUMBER, Categories: []string{"2", "3"}},
		{Name: "street", Type: predictv1.FeatureType_FEATURE_TYPE_STRING},
		{Name: "place", Type: predictv1.FeatureType_FEATURE_TYPE_STRING, Categories: []string{"INLAND"}},
	}}}, nil
}

func (f *fake) Predict(_ context.Context, req *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	return f.answer(req.GetTable())
}

func TestCheck(t *testing.T) {
	house := []*predictv1.Model{{Name: "house"}}
	priced := func(*predictv1.Table) (*predictv1.PredictResponse, error) {
		return &predictv1.PredictResponse{Model: "house", Version: 3, Rows: 1, Values: []float64{442099}}, nil
	}
	labelled := func(l *predictv1.Labels) func(*predictv1.Table) (*predictv1.PredictResponse, error) {
		return func(*predictv1.Table) (*predictv1.PredictResponse, error) {
			return &predictv1.PredictResponse{Model: "house", Version: 3, Rows: 1, Labels: l}, nil
		}
	}
	tests := []struct {
		name   string
		state  grpc_health_v1.HealthCheckResponse_ServingStatus
		server fake
		out    string
		err    string
	}{
		{"all is well", 1, fake{models: house, answer: priced}, "house version 3 answers [442099]\n", ""},
		{"a classifier", 1, fake{models: house, answer: labelled(&predictv1.Labels{Values: &predictv1.Labels_Strings{Strings: &predictv1.Strings{Values: []string{"cheap"}}}})}, "house version 3 answers [\"cheap\"]\n", ""},
		{"a classifier of numbers", 1, fake{models: house, answer: labelled(&predictv1.Labels{Values: &predictv1.Labels_Integers{Integers: &predictv1.Integers{Values: []int64{1}}}})}, "house version 3 answers [1]\n", ""},
		{"it stops", 2, fake{}, "", "health: the server is NOT_SERVING"},
		{"no model", 1, fake{}, "", "the server is healthy and serves no model"},
		{"a model that is not loaded", 1, fake{models: []*predictv1.Model{{Name: "castle"}}}, "", "model castle: rpc error: code = Unavailable desc = not loaded"},
		{"a model that refuses", 1, fake{models: house, answer: func(*predictv1.Table) (*predictv1.PredictResponse, error) {
			return nil, status.Error(codes.InvalidArgument, "no such street")
		}}, "", "model house: rpc error: code = InvalidArgument desc = no such street"},
		{"no prediction", 1, fake{models: house, answer: func(*predictv1.Table) (*predictv1.PredictResponse, error) {
			return &predictv1.PredictResponse{}, nil
		}}, "", "model house: 0 predictions for one row"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := serve(t, tt.state, &tt.server)
			var out strings.Builder
			err := Check(t.Context(), conn, &out)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || out.String() != tt.out {
				t.Errorf("wrote %q, error %v; want %q, %q", out.String(), err, tt.out, tt.err)
			}
		})
	}
}

// The row has every feature, with a value of its type that the model knows.
func TestRow(t *testing.T) {
	conn := serve(t, grpc_health_v1.HealthCheckResponse_SERVING, &fake{models: []*predictv1.Model{{Name: "house"}}, answer: func(table *predictv1.Table) (*predictv1.PredictResponse, error) {
		var got []string
		for _, c := range table.GetColumns() {
			got = append(got, strings.ReplaceAll(c.String(), "  ", " "))
		}
		want := `name:"rooms" numbers:{values:1}; name:"floors" numbers:{values:2}; name:"street" strings:{values:"1"}; name:"place" strings:{values:"INLAND"}`
		if strings.Join(got, "; ") != want || table.GetRows() != 1 {
			t.Errorf("%d rows, columns\n%s\nwant\n%s", table.GetRows(), strings.Join(got, "; "), want)
		}
		return &predictv1.PredictResponse{Rows: 1}, nil
	}})
	if err := Check(t.Context(), conn, &strings.Builder{}); err != nil {
		t.Error(err)
	}
}

func serve(t *testing.T, state grpc_health_v1.HealthCheckResponse_ServingStatus, f *fake) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	h := health.NewServer()
	h.SetServingStatus("", state)
	grpc_health_v1.RegisterHealthServer(server, h)
	predictv1.RegisterPredictServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

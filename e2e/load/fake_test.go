package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// A fake answers like the gateway and like predict, from the goldens, as long
// as nothing goes wrong.
type fake struct {
	t       *testing.T
	version string
	rows    *goldens
	answers map[string]float64 // by a row's features

	asked atomic.Int64
	// spoil, if not nil, is told the number of the request: it may delay it or
	// say what is to be wrong about its answer.
	spoil func(n int64) fault
}

// A fault is what a fake does instead of answering rightly.
type fault int

const (
	none       fault = iota
	lastBit          // the number's last bit is another one
	otherModel       // another model answers
	shortByOne       // a row too few
	full             // too much to do
	silent           // the same, without a time to come back
	hangUp           // the connection ends in the middle
)

func newFake(t *testing.T, version string) *fake {
	t.Helper()
	rows, err := readGoldens(housing, "")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, version: version, rows: rows, answers: map[string]float64{}}
	for i, r := range rows.rows {
		f.answers[r.key()] = rows.want[version][i]
	}
	return f
}

func (f *fake) next() fault {
	n := f.asked.Add(1)
	if f.spoil == nil {
		return none
	}
	return f.spoil(n)
}

// values are the answers to rows.
func (f *fake) values(rows []row, how fault) (model string, values []float64) {
	for _, r := range rows {
		x, ok := f.answers[r.key()]
		if !ok {
			f.t.Errorf("asked for %s, which no golden has", r.key())
		}
		values = append(values, x)
	}
	switch how {
	case lastBit:
		values[len(values)-1] *= 1 + 0x1p-52
	case shortByOne:
		values = values[1:]
	case otherModel:
		return "castle", values
	}
	return "housing", values
}

func (f *fake) startHTTP() string {
	server := httptest.NewServer(f)
	f.t.Cleanup(server.Close)
	return server.URL
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	how := f.next()
	switch how {
	case full:
		w.Header().Set("Retry-After", "1")
		fallthrough
	case silent:
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case hangUp:
		panic(http.ErrAbortHandler)
	}
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	var answer any
	switch r.URL.Path {
	case "/predict":
		var body any
		f.decode(d, &body)
		if record, ok := body.(map[string]any); ok {
			model, values := f.values([]row{f.row(record)}, how)
			answer = map[string]any{"prediction": append(values, 0)[0], "model": model, "version": f.version}
		} else {
			list, _ := body.([]any)
			answer = f.instances(list, how)
		}
	case "/v1/models/housing:predict":
		var body struct{ Instances []any }
		f.decode(d, &body)
		answer = f.instances(body.Instances, how)
	case "/v2/models/housing/infer":
		var body struct{ Inputs []tensor }
		f.decode(d, &body)
		rows := make([]row, len(body.Inputs[0].Data))
		for i := range rows {
			for _, input := range body.Inputs {
				rows[i] = append(rows[i], input.Data[i])
			}
		}
		model, values := f.values(rows, how)
		answer = map[string]any{"model_name": model, "model_version": f.version,
			"outputs": []any{map[string]any{"name": "predict", "data": values}}}
	default:
		f.t.Errorf("asked for %s", r.URL.Path)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		f.t.Error(err)
	}
}

func (f *fake) decode(d *json.Decoder, v any) {
	if err := d.Decode(v); err != nil {
		f.t.Errorf("the request: %v", err)
	}
}

func (f *fake) row(record map[string]any) row {
	var r row
	for _, name := range f.rows.features {
		r = append(r, record[name])
	}
	return r
}

func (f *fake) instances(list []any, how fault) any {
	var rows []row
	for _, v := range list {
		record, _ := v.(map[string]any)
		rows = append(rows, f.row(record))
	}
	model, values := f.values(rows, how)
	return map[string]any{"predictions": values, "model": model, "version": f.version}
}

type typedFake struct {
	predictv1.UnimplementedPredictServiceServer
	*fake
}

func (f *fake) startGRPC() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes))
	predictv1.RegisterPredictServiceServer(server, typedFake{fake: f})
	go func() { _ = server.Serve(listener) }() // ends with Stop
	f.t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func (f typedFake) Predict(_ context.Context, req *predictv1.PredictRequest) (*predictv1.PredictResponse, error) {
	how := f.next()
	switch how {
	case full, silent:
		st := status.New(codes.ResourceExhausted, "full")
		if how == full {
			st, _ = st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
		}
		return nil, st.Err()
	case hangUp:
		return nil, status.Error(codes.Unavailable, "gone")
	}
	rows := make([]row, req.GetTable().GetRows())
	for _, c := range req.GetTable().GetColumns() {
		for i := range rows {
			rows[i] = append(rows[i], cell(c, uint32(i)))
		}
	}
	model, values := f.typed(rows, how)
	return &predictv1.PredictResponse{Model: model, Version: int64(f.version[0] - '0'), Rows: uint32(len(rows)), Values: values, Outputs: 1}, nil
}

// typed finds the rows by their numbers: JSON's digits are gone.
func (f typedFake) typed(rows []row, how fault) (string, []float64) {
	for i, r := range rows {
		for _, golden := range f.rows.rows {
			if same(r, golden) {
				rows[i] = golden
				break
			}
		}
	}
	return f.values(rows, how)
}

func same(r, golden row) bool {
	for i, v := range golden {
		if n, ok := v.(json.Number); ok {
			x, err := n.Float64()
			if err != nil || r[i] != x {
				return false
			}
		} else if r[i] != v {
			return false
		}
	}
	return true
}

func cell(c *predictv1.Column, i uint32) any {
	for _, missing := range c.GetMissing() {
		if missing == i {
			return nil
		}
	}
	if c.GetStrings() != nil {
		return c.GetStrings().GetValues()[i]
	}
	return c.GetNumbers().GetValues()[i]
}

// measured runs the command as main does and returns its summary.
func measured(t *testing.T, args ...string) *Summary {
	t.Helper()
	var out, log strings.Builder
	args = append([]string{"-golden", housing, "-control", "", "-timeout", "1m"}, args...) // however busy the machine is
	if code := run(t.Context(), args, &out, &log); code != exitMeasured {
		t.Fatalf("load %v ended with %d: %s", args, code, log.String())
	}
	var s Summary
	if err := json.Unmarshal([]byte(out.String()), &s); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if s.Running || s.Requests != s.OK+s.Failed+s.Wrong {
		t.Errorf("running %v, %d requests, but %d ok, %d failed and %d wrong", s.Running, s.Requests, s.OK, s.Failed, s.Wrong)
	}
	return &s
}

package httpapi

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// What the gateway itself refuses: status, code, field, row, and the words.
func TestRefused(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	row := func(n int) *int { return &n }
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		want                     Error
	}{
		{"malformed JSON", "POST", "/predict", `{"a": }`, nil, 400, Error{Code: "malformed", Field: "a", Row: row(0), Message: "at byte 6"}},
		{"a nested value", "POST", "/predict", `[{"a": 1}, {"a": [1]}]`, nil, 400, Error{Code: "malformed", Field: "a", Row: row(1), Message: "found an array"}},
		{"a field twice", "POST", "/predict", `{"a": 1, "a": 1}`, nil, 400, Error{Code: "malformed", Field: "a", Row: row(0), Message: "twice"}},
		{"an empty body", "POST", "/predict", ``, nil, 400, Error{Code: "malformed", Message: "the text ends"}},
		{"V1 without instances", "POST", "/v1/models/housing:predict", `{"inputs": []}`, nil, 400, Error{Code: "malformed", Message: `no "instances"`}},
		{"V1 of a bad version", "POST", "/v1/models/housing/versions/x:predict", `{"instances": [[1]]}`, nil, 400, Error{Code: "malformed", Message: `the version is "x"`}},
		{"explain", "POST", "/v1/models/housing:explain", `{"instances": [[1]]}`, nil, 501, Error{Code: "not_implemented", Message: "explanations are not offered"}},
		{"too many rows", "POST", "/predict", "[" + strings.Repeat("[1],", 100_000) + "[1]]", nil, 413, Error{Code: "too_large", Message: "more than 100000 rows"}},
		{"a large body", "POST", "/predict", strings.Repeat(" ", 1<<20+1), nil, 413, Error{Code: "too_large", Message: "at most 1048576"}},
		{"a type", "POST", "/predict", "{}", []string{"Content-Type", "text/plain"}, 415, Error{Code: "unsupported_media_type", Message: "expected application/json"}},
		{"binary where there is none", "POST", "/predict", "{}", []string{"Content-Type", "application/octet-stream"}, 415, Error{Code: "unsupported_media_type", Message: "expected application/json"}},
		{"a compression", "POST", "/predict", "{}", []string{"Content-Encoding", "br"}, 415, Error{Code: "unsupported_media_type", Message: "gzip, deflate"}},
		{"no gzip", "POST", "/predict", "{}", []string{"Content-Encoding", "gzip"}, 400, Error{Code: "malformed", Message: "not gzip"}},
		{"a timeout", "POST", "/predict", "{}", []string{"X-Request-Timeout", "soon"}, 400, Error{Code: "malformed", Message: "X-Request-Timeout"}},
		{"a timeout of readiness", "GET", "/v2/health/ready", "", []string{"X-Request-Timeout", ""}, 400, Error{Code: "malformed", Message: "X-Request-Timeout"}},
		{"probabilities", "POST", "/predict?probabilities=maybe", "{}", nil, 400, Error{Code: "malformed", Message: "expected true or false"}},
		{"V2 data", "POST", "/v2/models/housing/infer", `{"inputs": [{"name": "x", "shape": [2], "datatype": "INT8", "data": [1]}]}`, nil, 400, Error{Code: "malformed", Field: "x", Message: "has 2 elements"}},
		{"V2 header", "POST", "/v2/models/housing/infer", `{}`, []string{"Inference-Header-Content-Length", "-1"}, 400, Error{Code: "malformed", Message: "expected a number of bytes"}},
		{"V2 load with files", "POST", "/v2/repository/models/housing/load", `{"parameters": {"file:1/model": "AAAA"}}`, nil, 400, Error{Code: "malformed", Message: "parameters are not accepted"}},
		{"V2 index", "POST", "/v2/repository/index", `[]`, nil, 400, Error{Code: "malformed", Message: "not the expected JSON: found array; expected an object"}},
		{"transcoded version", "GET", "/api/v1/models/housing/versions/x", "", nil, 400, Error{Code: "malformed", Message: `the version is "x"`}},
		{"V2 index of a wrong type", "POST", "/v2/repository/index", `{"ready": "yes"}`, nil, 400, Error{Code: "malformed", Field: "ready", Message: `: "ready" cannot be of type string`}},
		{"V2 tensor too large", "POST", "/v2/models/housing/infer", `{"inputs": [{"name": "x", "shape": [100001], "datatype": "INT8", "data": [1]}]}`, nil, 413, Error{Code: "too_large", Field: "x", Message: "at most 100000"}},
		{"transcoded query", "GET", "/api/v1/models?page_size=x", "", nil, 400, Error{Code: "malformed", Message: `page_size is "x"; expected a number`}},
		{"transcoded query beyond 32 bits", "GET", "/api/v1/models?page_size=4294967296", "", nil, 400, Error{Code: "malformed", Message: `expected a number`}},
		{"transcoded version in the query", "GET", "/api/v1/models/housing?version=x", "", nil, 400, Error{Code: "malformed", Message: `version is "x"; expected a number`}},
		{"transcoded query of other bytes", "GET", "/api/v1/models?page_token=%ff", "", nil, 400, Error{Code: "malformed", Message: `"page_token" is not UTF-8`}},
		{"V1 name of other bytes", "POST", "/v1/models/%ff:predict", `{"instances": [[1]]}`, nil, 400, Error{Code: "malformed", Message: `the path "/v1/models/\xff:predict" is not UTF-8`}},
		{"V2 name of other bytes", "GET", "/v2/models/%ff", "", nil, 400, Error{Code: "malformed", Message: "is not UTF-8"}},
		{"transcoded name of other bytes", "GET", "/api/v1/models/%ff", "", nil, 400, Error{Code: "malformed", Message: "is not UTF-8"}},
		{"V1 model", "GET", "/v1/models/x", "", nil, 404, Error{Code: "not_found", Message: `model "x" not found`}},
		{"V1 predict", "POST", "/v1/models/x:predict", `{"instances": [[1]]}`, nil, 404, Error{Code: "not_found", Message: `model "x" not found`}},
		{"V2 model", "GET", "/v2/models/x", "", nil, 404, Error{Code: "not_found", Message: `model "x" not found`}},
		{"V2 ready", "GET", "/v2/models/housing/versions/9/ready", "", nil, 404, Error{Code: "not_found", Message: `no version 9`}},
		{"V2 not loaded", "GET", "/v2/models/housing/versions/4/ready", "", nil, 503, Error{Code: "unavailable", Message: `FAILED: damaged`}},
		{"V2 control is off", "POST", "/v2/repository/models/species/load", "", nil, 409, Error{Code: "conflict", Message: `switched off`}},
		{"transcoded model", "GET", "/api/v1/models/x", "", nil, 404, Error{Code: "not_found", Message: `model "x" not found`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.do(t, c.method, c.path, c.body, append(c.headers, "X-Request-Id", "id-1")...)
			e := a.error(t)
			if a.status != c.status || e.Code != c.want.Code || e.Field != c.want.Field || !strings.Contains(e.Message, c.want.Message) || e.RequestID != "id-1" {
				t.Errorf("got %d %s, want %d %+v", a.status, a.body, c.status, c.want)
			}
			if (e.Row == nil) != (c.want.Row == nil) || e.Row != nil && *e.Row != *c.want.Row {
				t.Errorf("row: got %s", a.body)
			}
		})
	}
}

// What predict answers: the one table from gRPC codes to HTTP.
func TestStatusTable(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(2500 * time.Millisecond)}
	for _, c := range []struct {
		err               error
		status            int
		code, message     string
		retryAfter, field string
	}{
		{failure(codes.InvalidArgument, "row 2, feature age: bad", "INVALID_ROW", map[string]string{"row": "2", "feature": "age"}), 422, "invalid_row", "row 2, feature age: bad", "", "age"},
		{failure(codes.InvalidArgument, "it offers no probabilities", "METHOD_NOT_OFFERED", nil), 422, "method_not_offered", "it offers no probabilities", "", ""},
		{failure(codes.InvalidArgument, "0 rows", "INVALID_REQUEST", nil), 400, "malformed", "0 rows", "", ""},
		{failure(codes.NotFound, "no model", "MODEL_NOT_FOUND", nil), 404, "not_found", "no model", "", ""},
		{failure(codes.ResourceExhausted, "32 are waiting", "SERVER_FULL", nil, retry), 429, "overloaded", "32 are waiting", "3", ""},
		{status.Error(codes.ResourceExhausted, "10.0.0.7 is full"), 429, "overloaded", "the prediction service is full", "1", ""},
		{status.Error(codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)"), 413, "too_large", "send fewer rows", "", ""},
		{status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9000: refused"), 503, "unavailable", "the prediction service is unavailable", "1", ""},
		{failure(codes.Unavailable, "version 3 is loading", "MODEL_NOT_SERVED", nil), 503, "unavailable", "version 3 is loading", "1", ""},
		{status.Error(codes.DeadlineExceeded, "10.0.0.7 is slow"), 504, "deadline_exceeded", "longer than the request's deadline", "", ""},
		{status.Error(codes.Internal, "secret path"), 500, "internal", "internal error", "", ""},
		{status.Error(codes.Unknown, "secret path"), 500, "internal", "internal error", "", ""},
		{errors.New("secret path"), 500, "internal", "internal error", "", ""},
		{status.Error(codes.Unimplemented, "unknown method"), 501, "not_implemented", "does not offer this", "", ""},
		{status.Error(codes.PermissionDenied, "not you"), 403, "forbidden", "not you", "", ""},
		{status.Error(codes.Unauthenticated, "who are you"), 401, "unauthenticated", "who are you", "", ""},
	} {
		f.onPredict(func(context.Context, *predictv1.PredictRequest) error { return c.err })
		f.onInfer(func(*inference.ModelInferRequest) (*inference.ModelInferResponse, error) { return nil, c.err })
		for _, request := range [][2]string{
			{"/predict", house},
			{"/v1/models/housing:predict", `{"instances": [` + house + `]}`},
			{"/v2/models/housing/infer", `{"inputs": [{"name": "x", "shape": [1], "datatype": "INT8", "data": [1]}]}`},
		} {
			a := g.do(t, "POST", request[0], request[1])
			e := a.error(t)
			if a.status != c.status || e.Code != c.code || !strings.Contains(e.Message, c.message) || a.header.Get("Retry-After") != c.retryAfter || e.Field != c.field {
				t.Errorf("%s, %v: got %d %s, Retry-After %q", request[0], c.err, a.status, a.body, a.header.Get("Retry-After"))
			}
			if strings.Contains(a.body, "secret") || strings.Contains(a.body, "10.0.0") || strings.Contains(a.body, "rpc error") {
				t.Errorf("%s leaks: %s", request[0], a.body)
			}
		}
	}
	if log := g.log.String(); !strings.Contains(log, "secret path") {
		t.Errorf("the log does not say what was internal: %s", log)
	}
}

// An answer that does not fit the request must not become wrong numbers.
func TestBrokenAnswers(t *testing.T) {
	for name, r := range map[string]*predictv1.PredictResponse{
		"a row too few":                {Rows: 1, Outputs: 1, Values: []float64{1}},
		"a value too few":              {Rows: 2, Outputs: 1, Values: []float64{1}},
		"no values":                    {Rows: 2},
		"a label too few":              {Rows: 2, Labels: &predictv1.Labels{Values: &predictv1.Labels_Strings{Strings: &predictv1.Strings{Values: []string{"a"}}}}},
		"empty labels":                 {Rows: 2, Labels: &predictv1.Labels{}},
		"a label of several too few":   {Rows: 2, Targets: []*predictv1.Target{{Labels: integers(1, 2)}, {Labels: integers(1)}}},
		"odd probabilities of several": {Rows: 2, Targets: []*predictv1.Target{{Labels: integers(1, 2), Probabilities: 2}}, Probabilities: []float64{1, 2, 3}},
		"a transformed number too few": {Rows: 2, Transformed: []float64{1, 2, 3}, TransformedColumns: 2},
		"odd probabilties":             {Rows: 2, Outputs: 1, Values: []float64{1, 2}, Probabilities: []float64{1, 2, 3}},
	} {
		if err := checkResponse(r, 2); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCompressedBodies(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	for _, encoding := range []string{"gzip", "deflate"} {
		a := g.do(t, "POST", "/predict", squeeze(t, encoding, []byte(house)), "Content-Encoding", encoding, "Content-Type", "application/json")
		if a.status != 200 || !strings.Contains(a.body, "100.5") {
			t.Errorf("%s: %d %s", encoding, a.status, a.body)
		}
		// A bomb: 1 KiB of zeros that would be 100 MiB.
		bomb := g.do(t, "POST", "/predict", squeeze(t, encoding, make([]byte, 100<<20)), "Content-Encoding", encoding)
		if bomb.status != 413 || bomb.error(t).Code != "too_large" {
			t.Errorf("%s bomb: %d %s", encoding, bomb.status, bomb.body)
		}
	}
	// Triton's client compresses both ways, binary tensors too.
	large := `{"inputs": [{"name": "x", "shape": [1000], "datatype": "INT64", "data": [` + strings.Repeat("1,", 999) + `1]}]}`
	plain := g.do(t, "POST", "/v2/models/housing/infer", large)
	for _, encoding := range []string{"gzip", "deflate"} {
		a := g.do(t, "POST", "/v2/models/housing/infer", squeeze(t, encoding, []byte(large)), "Content-Encoding", encoding, "Accept-Encoding", encoding)
		if a.status != 200 || a.header.Get("Content-Encoding") != encoding || expand(t, encoding, a.body) != plain.body {
			t.Errorf("%s: %d %v", encoding, a.status, a.header)
		}
	}
}

func TestBinaryTensors(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	head := `{"parameters": {"binary_data_output": true}, "inputs": [{"name": "x", "shape": [2], "datatype": "INT16", "parameters": {"binary_data_size": 4}}]}`
	a := g.do(t, "POST", "/v2/models/housing/infer", head+"\x01\x00\x02\x00", "Inference-Header-Content-Length", itoaTest(len(head)), "Content-Type", "application/octet-stream")
	want := `{"model_name":"housing","model_version":"3","outputs":[{"name":"x","datatype":"INT16","shape":[2],"parameters":{"binary_data_size":4}}]}`
	if a.status != 200 || a.body != want+"\x01\x00\x02\x00" || a.header.Get("Inference-Header-Content-Length") != itoaTest(len(want)) || a.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("got %d %v %q", a.status, a.header, a.body)
	}
}

// A client that sends its body too slowly is told so, and cut off.
func TestSlowBody(t *testing.T) {
	impatient := httptest.NewUnstartedServer(startGateway(t, startFake(t).address).api)
	impatient.Config.ReadTimeout = 200 * time.Millisecond
	impatient.Start()
	defer impatient.Close()
	conn, err := net.Dial("tcp", impatient.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	text, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 408 ") || !strings.Contains(string(text), "slow_body") {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestPanic(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	g.api.root.add(&route{method: "GET", path: "/panic", handle: func(*call) error { panic("secret") }, routeMetrics: g.api.metrics.route("/panic")})
	a := g.do(t, "GET", "/panic", "")
	if a.status != 500 || a.error(t).Code != "internal" || strings.Contains(a.body, "secret") || !strings.Contains(g.log.String(), "secret") {
		t.Errorf("got %d %s, log %s", a.status, a.body, g.log)
	}
}

func squeeze(t *testing.T, encoding string, plain []byte) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if encoding == "deflate" {
		w = zlib.NewWriter(&out)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func expand(t *testing.T, encoding, squeezed string) string {
	t.Helper()
	var r io.Reader
	var err error
	if encoding == "gzip" {
		r, err = gzip.NewReader(strings.NewReader(squeezed))
	} else {
		r, err = zlib.NewReader(strings.NewReader(squeezed))
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

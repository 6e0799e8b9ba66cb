package httpapi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

func TestParseAccessLog(t *testing.T) {
	for s, want := range map[string]AccessLog{
		"all": {All: true}, "errors": {Errors: true}, "none": {}, "50": {Rate: 50, Errors: true},
	} {
		if got, err := ParseAccessLog(s); got != want || err != nil {
			t.Errorf("%s: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "some", "1.5", "99999999999"} {
		if got, err := ParseAccessLog(s); err == nil {
			t.Errorf("%q is accepted: %v", s, got)
		}
	}
}

type line struct {
	Level, Msg, Method, Path, Route, Model string
	Status, Version, Rows                  int
	Took                                   float64
	BytesIn                                int    `json:"bytes_in"`
	BytesOut                               int    `json:"bytes_out"`
	RequestID                              string `json:"request_id"`
	Held                                   int    `json:"held_back"`
}

func (g *gateway) lines(t *testing.T) []line {
	t.Helper()
	var all []line
	for text := range strings.Lines(g.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if l.Msg == "http" {
			all = append(all, l)
		}
	}
	return all
}

// A line has what there is to know about a request but its values.
func TestAccessLine(t *testing.T) {
	g := startGateway(t, startFake(t).address, func(o *Options) { o.AccessLog = AccessLog{All: true} })
	body := `{"instances":[{"x":123454321},{"x":2}]}`
	a := g.do(t, "POST", "/v1/models/housing/versions/2:predict?secret=1", body, "X-Request-Id", "req-7")
	g.do(t, "GET", "/"+strings.Repeat("a", 1000), "")
	lines := g.lines(t)
	if len(lines) != 2 {
		t.Fatalf("the log is %s", g.log.String())
	}
	took := lines[0].Took
	lines[0].Took = 0
	want := line{Level: "INFO", Msg: "http", Method: "POST", Path: "/v1/models/housing/versions/2:predict", Route: "/v1/models/{model}/versions/{version}:predict",
		Model: "housing", Status: 200, Version: 2, Rows: 2, BytesIn: len(body), BytesOut: len(a.body), RequestID: "req-7"}
	if lines[0] != want || took <= 0 {
		t.Errorf("the line is %+v, want %+v", lines[0], want)
	}
	if l := lines[1]; l.BytesIn != 0 || len(l.Path) > 200 || l.Rows != 0 || l.Model != "" || l.Status != 404 {
		t.Errorf("the line of a request without a body is %+v", l)
	}
	if log := g.log.String(); strings.Contains(log, "123454321") || strings.Contains(log, "secret") {
		t.Errorf("the log has values of the request: %s", log)
	}
}

// Of many answers as many lines are written as the rate says, and every error
// without an explanation; the lines tell what was held back.
func TestAccessLogIsSampled(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, func(o *Options) { o.AccessLog = AccessLog{Rate: 5, Errors: true} })
	f.onPredict(func(_ context.Context, r *predictv1.PredictRequest) error {
		if r.GetModel() == "broken" {
			return failure(codes.Internal, "internal error", "INTERNAL", nil)
		}
		return nil
	})
	const each = 100
	for range each {
		g.do(t, "POST", "/predict", house)
		g.do(t, "POST", "/v1/models/broken:predict", `{"instances":[{"x":1}]}`)
	}
	broken, answered, held := 0, 0, 0
	for _, l := range g.lines(t) {
		switch l.Status {
		case 200:
			answered++
			held += l.Held
		case 500:
			broken++
		}
	}
	if broken != each {
		t.Errorf("%d lines of %d errors", broken, each)
	}
	if answered >= each || answered < 5 || answered+held > each {
		t.Errorf("%d lines tell of %d others, of %d requests; want 5 a second", answered, held, each)
	}
}

package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// limitedBy has each address limited by a file.
func limitedBy(t testing.TB, file string, hops int) func(*Options) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	limits, err := quota.Open(quota.Options{File: path}, quota.Addresses, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(limits.Close)
	return func(o *Options) { o.Limits, o.TrustedHops = limits, hops }
}

// Every route but the public ones is charged to the address of the client,
// whatever it writes into X-Forwarded-For, and before anybody tries credentials.
func TestAddressLimits(t *testing.T) {
	f := startFake(t)
	files := accesstest.New(t, accesstest.OneRight, accesstest.Callers...)
	g := startGateway(t, f.address, limitedBy(t, "limits: [{name: strangers, requests: 2/d}]", 1), func(o *Options) {
		o.Guard = guardOf(t, files, slog.New(slog.DiscardHandler))
	})
	spec := newSpec(t)
	limited := 0
	for i, r := range g.api.routes() {
		path := strings.NewReplacer("{model}", "housing", "{name}", "housing", "{version}", "3").Replace(r.path)
		from := "198.51.100." + strconv.Itoa(i)
		var got []int
		for try := range 3 { // with a wrong key, and as many claims
			claim := "203.0.113." + strconv.Itoa(try)
			a := g.do(t, r.method, path, "", "Authorization", "Bearer "+strconv.Itoa(try), "X-Forwarded-For", claim+", "+from)
			got = append(got, a.status)
			if a.status != http.StatusTooManyRequests {
				continue
			}
			spec.check(t, r.path, r.method, a)
			if e := a.error(t); e.Code != "rate_limited" || !strings.HasPrefix(e.Message, "the limit strangers of 2 requests a day is used up; retry in ") ||
				a.header.Get("Retry-After") == "" || a.header.Get("RateLimit-Remaining") != "0" || a.header.Get("RateLimit-Limit") != "2" {
				t.Errorf("%s: %+v %v", r.path, e, a.header)
			}
		}
		if got[2] == http.StatusTooManyRequests {
			limited++
		}
		if (got[2] == http.StatusTooManyRequests) == r.need.public || got[1] == http.StatusTooManyRequests {
			t.Errorf("%s, public %v: %v", r.path, r.need.public, got)
		}
	}
	if limited < 15 {
		t.Errorf("only %d routes are limited", limited)
	}
	if n := f.count(); n != 0 {
		t.Errorf("predict was asked %d times", n)
	}
}

// Rows count when they are read, over every protocol; IPv6 addresses of one
// network are one client.
func TestAddressLimitsInRows(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, limitedBy(t, "limits: [{name: a, models: ['hou*'], rows: 4/d}]", 2), func(o *Options) { o.DefaultModel = "housing" })
	v1 := `{"instances":[{"a":1},{"a":1},{"a":1}]}`
	v2 := `{"inputs":[{"name":"a","datatype":"FP64","shape":[3,1],"data":[1,2,3]}]}`
	for i, c := range []struct{ path, body string }{
		{"/v1/models/housing:predict", v1}, {"/v2/models/housing/infer", v2}, {"/predict", `[{"a":1},{"a":1},{"a":1}]`},
	} {
		network := "2001:db8:" + strconv.Itoa(i)
		for try, want := range []int{200, 429} {
			a := g.do(t, "POST", c.path, c.body, "X-Forwarded-For", "203.0.113.1, "+network+"::"+strconv.Itoa(try)+", 192.0.2.1")
			if a.status != want || a.header.Get("RateLimit-Remaining") != "1" || !strings.Contains(a.header.Get("RateLimit-Policy"), "unit=rows") {
				t.Errorf("%s: %d %s %v", c.path, a.status, a.body, a.header)
			}
		}
	}
	if a := g.do(t, "POST", "/v1/models/species:predict", v1, "X-Forwarded-For", "2001:db8::9, 192.0.2.1"); a.status != 200 || a.header.Get("RateLimit-Limit") != "" {
		t.Errorf("another model: %d %v", a.status, a.header)
	}
	a := g.do(t, "POST", "/predict", `[{"a":1},{"a":1},{"a":1},{"a":1},{"a":1}]`)
	if e := a.error(t); a.status != 413 || e.Code != "above_limit" || a.header.Get("Retry-After") != "" {
		t.Errorf("more rows than ever pass: %d %+v", a.status, e)
	}
}

// What is told is of the limit that is nearest its end, the address's or, by
// predict's metadata, the caller's; a refusal is told of by who refused.
func TestNearestLimit(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, limitedBy(t, "limits: [{name: a, requests: 10/d}]", 0))
	left, refuse := "", false
	f.onPredict(func(ctx context.Context, _ *predictv1.PredictRequest) error {
		_ = grpc.SetHeader(ctx, metadata.Pairs("ratelimit-limit", "100", "ratelimit-remaining", left, "ratelimit-reset", "7", "ratelimit-policy", "predict's"))
		if refuse {
			return failure(codes.ResourceExhausted, "the limit shop is used up", "LIMIT_EXCEEDED", nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(6500 * time.Millisecond)})
		}
		return nil
	})
	for _, c := range []struct {
		left         string
		refuse       bool
		status       int
		limit, retry string
	}{
		{"99", false, 200, "10", ""}, {"10", false, 200, "100", ""}, {"99", true, 429, "100", "7"},
	} {
		left, refuse = c.left, c.refuse
		a := g.do(t, "POST", "/predict", house)
		if a.status != c.status || a.header.Get("RateLimit-Limit") != c.limit || a.header.Get("Retry-After") != c.retry {
			t.Errorf("%+v: %d %s %v", c, a.status, a.body, a.header)
		}
	}
}

// The access log tells the address that limits count.
func TestLoggedAddress(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, func(o *Options) { o.TrustedHops, o.AccessLog = 1, AccessLog{All: true} })
	g.do(t, "POST", "/predict", house, "X-Forwarded-For", "203.0.113.1, 2001:db8::7")
	eventually(t, "a line with the address", func() bool { return strings.Contains(g.log.String(), `"remote":"2001:db8::7"`) })
}

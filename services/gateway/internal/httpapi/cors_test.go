package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
)

func TestParseOrigins(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		err  string
	}{
		{"", nil, ""},
		{"https://app.example.com", []string{"https://app.example.com"}, ""},
		{" https://a.example:8443 , http://localhost:3000 ", []string{"https://a.example:8443", "http://localhost:3000"}, ""},
		{"*", nil, `"*"; expected exact origins`},
		{"https://*.example.com", nil, "expected exact origins"},
		{"null", nil, "expected exact origins"},
		{"app.example.com", nil, "expected exact origins"},
		{"https://app.example.com/", nil, "expected exact origins"},
		{"https://App.example.com", nil, "expected exact origins"},
		{"https://user@app.example.com", nil, "expected exact origins"},
		{"file:///tmp", nil, "expected exact origins"},
		{"https://app.example.com:443", nil, "browsers leave it out"},
		{"http://app.example.com:80", nil, "browsers leave it out"},
	} {
		got, err := ParseOrigins(c.text)
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %q, %v", c.text, got, err)
		}
	}
}

// What a browser is told, for pages of an origin that is listed, of others, and
// of the gateway itself.
func TestCORS(t *testing.T) {
	const listed, other = "https://app.example.com", "https://evil.example"
	files := accesstest.New(t, accesstest.OneRight, accesstest.Callers...)
	guarded := func(o *Options) { o.Guard = guardOf(t, files, o.Log) }
	f := startFake(t)
	off := startGateway(t, f.address)
	on := startGateway(t, f.address, guarded, func(o *Options) { o.Origins = []string{listed} })

	preflight := func(g *gateway, origin, method, headers string) answer {
		return g.do(t, http.MethodOptions, "/predict", "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
	}
	// The question comes without a credential, and is answered all the same.
	a := preflight(on, listed, "POST", "authorization,content-type,x-request-timeout")
	if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != listed || a.header.Get("Access-Control-Allow-Methods") != "POST" ||
		a.header.Get("Access-Control-Allow-Headers") != "authorization,content-type,x-request-timeout" || a.header.Get("Access-Control-Max-Age") != "600" {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	if n := testutil.ToFloat64(on.api.metrics.requests.WithLabelValues("/predict", "204", "", "", "")); n != 1 {
		t.Errorf("the preflight was counted %v times", n)
	}
	for name, a := range map[string]answer{
		"another origin":   preflight(on, other, "POST", "authorization"),
		"no origin":        preflight(on, "null", "POST", ""),
		"the origin below": preflight(on, listed+".evil.example", "POST", ""),
		"another method":   preflight(on, listed, "DELETE", ""),
		"another header":   preflight(on, listed, "POST", "cookie"),
		"switched off":     preflight(off, listed, "POST", "authorization"),
	} {
		if allowed := a.header.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s: allowed for %s: %d %v", name, allowed, a.status, a.header)
		}
	}

	for _, c := range []struct {
		name    string
		g       *gateway
		method  string
		path    string
		headers []string
		status  int
		allowed string
	}{
		{"a page that may, without a credential", on, "POST", "/predict", []string{"Origin", listed, "Sec-Fetch-Site", "cross-site"}, 401, listed},
		{"a page that may", on, "GET", "/health", []string{"Origin", listed, "Sec-Fetch-Site", "cross-site"}, 200, listed},
		{"another page reads nothing", on, "GET", "/health", []string{"Origin", other, "Sec-Fetch-Site", "cross-site"}, 200, ""},
		{"another page changes nothing", on, "POST", "/predict", []string{"Origin", other, "Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"nor where it is switched off", off, "POST", "/v2/repository/models/housing/load", []string{"Origin", listed, "Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"nor a page of a sister site", off, "POST", "/predict", []string{"Origin", listed, "Sec-Fetch-Site", "same-site"}, 403, ""},
		{"nor in an old browser", off, "POST", "/predict", []string{"Origin", other}, 403, ""},
		{"the page of the gateway itself", off, "POST", "/predict", []string{"Origin", "https://proxied.example", "Sec-Fetch-Site", "same-origin"}, 200, ""},
		{"the same in an old browser", off, "POST", "/predict", []string{"Origin", off.URL}, 200, ""},
		{"no browser", off, "POST", "/predict", nil, 200, ""},
	} {
		before := f.count()
		a := c.g.do(t, c.method, c.path, house, c.headers...)
		if a.status != c.status || a.header.Get("Access-Control-Allow-Origin") != c.allowed || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v %s", c.name, a.status, a.header, a.body)
		}
		if c.status >= 400 && f.count() != before {
			t.Errorf("%s: predict was asked", c.name)
		}
		if c.status == 403 && a.error(t).Code != "cross_origin" {
			t.Errorf("%s: %s", c.name, a.body)
		}
		if exposed := a.header.Get("Access-Control-Expose-Headers"); (c.allowed != "") != strings.Contains(exposed, requestIDHeader) || (c.allowed != "") != strings.Contains(exposed, "Ratelimit") {
			t.Errorf("%s: the page may read %q", c.name, exposed)
		}
		if c.g == on && !slices.Contains(a.header["Vary"], "Origin") {
			t.Errorf("%s: a cache would give the answer to others: Vary is %v", c.name, a.header["Vary"])
		}
	}
}

// Browsers guess at no type, and a page runs nothing but its own script, in no
// frame, and tells nobody where it was.
func TestSecurityHeaders(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	for _, path := range []string{"/", "/health", "/openapi.json", "/docs", "/nothing", "/v2/models/housing", "/api/v1/models"} {
		a := g.do(t, http.MethodGet, path, "")
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, a.header)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			continue
		}
		policy := a.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "script-src 'sha256-"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q has no %s", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
	if a := g.do(t, http.MethodGet, "/docs", ""); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("/docs: %d %v", a.status, a.header)
	}
}

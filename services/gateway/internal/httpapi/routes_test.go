package httpapi

import (
	"strings"
	"testing"
)

const house = `{"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880,
	"total_bedrooms": 129, "population": 322, "households": 126, "median_income": 8.3252, "ocean_proximity": "NEAR BAY"}`

// success is a request of every route that is answered, and the answer.
var success = []struct{ method, path, body, want string }{
	{"POST", "/predict", house, `{"prediction":100.5,"model":"housing","version":"1"}`},
	{"POST", "/predict", "[" + house + "," + house + "]", `{"predictions":[100.5,101.5],"model":"housing","version":"1"}`},
	{"POST", "/predict", "[[1, 2], [3, 4]]", `{"predictions":[100.5,101.5],"model":"housing","version":"1"}`},

	{"GET", "/v1/models", "", `{"models":["housing","species"]}`},
	{"GET", "/v1/models/housing", "", `{"name":"housing","ready":true}`},
	{"POST", "/v1/models/housing:predict", `{"instances": [` + house + `]}`, `{"predictions":[100.5],"model":"housing","version":"1"}`},
	{"POST", "/v1/models/species:predict", `{"instances": [[1], [2]]}`, `{"predictions":["setosa","virginica"],"model":"species","version":"1"}`},
	{"POST", "/v1/models/species:predict?probabilities=true", `{"instances": [[1], [2]]}`,
		`{"predictions":["setosa","virginica"],"probabilities":[[0.25,0.75],[0.25,0.75]],"classes":["setosa","virginica"],"model":"species","version":"1"}`},
	{"GET", "/v1/models/housing/versions/2", "", `{"name":"housing","ready":true}`},
	{"POST", "/v1/models/housing/versions/2:predict", `{"instances": [` + house + `]}`, `{"predictions":[100.5],"model":"housing","version":"2"}`},

	{"GET", "/v2", "", `{"name":"treehouse","version":"1","extensions":["model_repository"]}`},
	{"GET", "/v2/health/live", "", `{"live":true}`},
	{"GET", "/v2/health/ready", "", `{"ready":true}`},
	{"GET", "/v2/models/housing", "", `{"name":"housing","versions":["1","2","3"],"platform":"treehouse_scikitlearn","inputs":[{"name":"x","datatype":"FP64","shape":[-1,1]}],"outputs":[{"name":"predict","datatype":"FP64","shape":[-1]}],"properties":{"task":"regression"}}`},
	{"GET", "/v2/models/housing/versions/2", "", `{"name":"housing","versions":["1","2","3"]`},
	{"GET", "/v2/models/housing/ready", "", `{"name":"housing","ready":true}`},
	{"GET", "/v2/models/housing/versions/2/ready", "", `{"name":"housing","ready":true}`},
	{"POST", "/v2/models/housing/infer", `{"id": "7", "inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP64", "data": [[0.1], [null]]}]}`,
		`{"model_name":"housing","model_version":"3","id":"7","outputs":[{"name":"x","datatype":"FP64","shape":[2,1],"data":[0.1,null]}]}`},
	{"POST", "/v2/models/housing/versions/3/infer", `{"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": ["a"]}]}`,
		`{"model_name":"housing","model_version":"3","outputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["a"]}]}`},
	{"POST", "/v2/repository/index", "", `[{"name":"housing","version":"3","state":"READY","reason":""},{"name":"housing","version":"4","state":"FAILED","reason":"it is \"damaged\""}]`},
	{"POST", "/v2/repository/index", `{"ready": true}`, `[{"name":"housing"`},
	{"POST", "/v2/repository/models/housing/load", "", `{"name":"housing","load":true}`},
	{"POST", "/v2/repository/models/housing/unload", `{"parameters": {"unload_dependents": false}}`, `{"name":"housing","unload":true}`},

	{"GET", "/api/v1/models", "", `"default_model":"housing"`},
	{"GET", "/api/v1/models?page_token=housing", "", `"species"`},
	{"GET", "/api/v1/models/housing", "", `"FEATURE_TYPE_STRING"`},
	{"GET", "/api/v1/models/housing/versions/3", "", `"certified_rows":200`},

	{"GET", "/", "", `{"status":"alive"}`},
	{"GET", "/health", "", `{"status":"ok"}`},
	{"GET", "/openapi.json", "", `"openapi": "3.1.0"`},
	{"GET", "/docs", "", `<title>Treehouse</title>`},
}

func TestSuccess(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	for _, c := range success {
		a := g.do(t, c.method, c.path, c.body)
		body := strings.ReplaceAll(a.body, `": "`, `":"`)
		want := strings.ReplaceAll(c.want, `": "`, `":"`)
		if a.status != 200 || !strings.Contains(strings.ReplaceAll(body, ": ", ":"), strings.ReplaceAll(want, ": ", ":")) {
			t.Errorf("%s %s\n got: %d %.300s\nwant: %s", c.method, c.path, a.status, a.body, c.want)
		}
		if a.header.Get("X-Request-Id") == "" || a.header.Get("Content-Length") == "" {
			t.Errorf("%s %s: headers %v", c.method, c.path, a.header)
		}
		if c.method == "GET" {
			if head := g.do(t, "HEAD", c.path, ""); head.status != 200 || head.body != "" {
				t.Errorf("HEAD %s: %d %q", c.path, head.status, head.body)
			}
		}
	}
}

// Every route refuses the methods it does not have, and says which it has.
func TestMethods(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	for _, r := range g.api.routes() {
		method, path := r.method, fillPath(r.path)
		want := "GET, HEAD"
		other := "POST"
		if method == "POST" {
			want, other = "POST", "DELETE"
		}
		if path == "/v1/models/housing" || path == "/v1/models/housing/versions/3" {
			other = "PUT"
		}
		a := g.do(t, other, path, "")
		if a.status != 405 || a.header.Get("Allow") != want || a.error(t).Code != "method_not_allowed" {
			t.Errorf("%s %s: %d, Allow %q, %s", other, path, a.status, a.header.Get("Allow"), a.body)
		}
	}
}

func fillPath(path string) string {
	return strings.NewReplacer("{model}", "housing", "{name}", "housing", "{version}", "3").Replace(path)
}

func TestUnknownPaths(t *testing.T) {
	g := startGateway(t, startFake(t).address)
	for _, path := range []string{"/nothing", "/predict/", "//predict", "/v1/", "/v1/models/", "/v1/models/a/b", "/v1/models/a/versions/", "/v2/models/a/infer/x", "/v2/models//infer", "/api/v1", "/v1/../predict"} {
		if a := g.do(t, "GET", path, ""); a.status != 404 || a.error(t).Code != "not_found" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// Names come from the path as they were written, escapes undone.
func TestNamesInPaths(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	for _, c := range []struct{ path, want string }{
		{"/v2/models/a%2Fb%20c", `model \"a/b c\" not found`},
		{"/v1/models/a:b", `model \"a:b\" not found`},
		{"/v1/models/a:b:predict", `model \"a:b\" not found`},
		{"/v1/models/a%2Fb%3Apredict", `model \"a/b\" not found`},
	} {
		method, body := "GET", ""
		if strings.HasSuffix(c.path, "predict") {
			method, body = "POST", `{"instances": [[1]]}`
		}
		if a := g.do(t, method, c.path, body); a.status != 404 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s, want %s", c.path, a.status, a.body, c.want)
		}
	}
}

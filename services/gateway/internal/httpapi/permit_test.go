package httpapi

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

// needed is what every route asks of its callers: an action, on the model in
// the path or (some) on any.
var needed = map[string]string{
	"GET /":             "public",
	"GET /health":       "public",
	"GET /openapi.json": "public",
	"GET /docs":         "public",
	"POST /predict":     "some predict",

	"GET /v1/models":                                     "some metadata",
	"GET /v1/models/{model}":                             "metadata",
	"POST /v1/models/{model}:predict":                    "predict",
	"POST /v1/models/{model}:explain":                    "predict",
	"GET /v1/models/{model}/versions/{version}":          "metadata",
	"POST /v1/models/{model}/versions/{version}:predict": "predict",
	"POST /v1/models/{model}/versions/{version}:explain": "predict",
	"GET /v2":                                          "some metadata",
	"GET /v2/health/live":                              "public",
	"GET /v2/health/ready":                             "public",
	"GET /v2/models/{model}":                           "metadata",
	"GET /v2/models/{model}/versions/{version}":        "metadata",
	"GET /v2/models/{model}/ready":                     "metadata",
	"GET /v2/models/{model}/versions/{version}/ready":  "metadata",
	"POST /v2/models/{model}/infer":                    "predict",
	"POST /v2/models/{model}/versions/{version}/infer": "predict",
	"POST /v2/repository/index":                        "some metadata",
	"POST /v2/repository/models/{model}/load":          "load",
	"POST /v2/repository/models/{model}/unload":        "load",
	"GET /api/v1/models":                               "some metadata",
	"GET /api/v1/models/{name}":                        "metadata",
	"GET /api/v1/models/{name}/versions/{version}":     "metadata",
}

func guardOf(t testing.TB, files *accesstest.Files, log *slog.Logger) *access.Guard {
	t.Helper()
	guard, err := access.Open(files.Options(), log, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	return guard
}

// The authorisation matrix of every route: one that is not in the table fails
// it. Who is refused here never reaches predict.
func TestMatrix(t *testing.T) {
	files := accesstest.New(t, accesstest.OneRight, accesstest.Callers...)
	log := &logtest.Buffer{}
	f := startFake(t)
	g := startGateway(t, f.address, func(o *Options) {
		o.Guard = guardOf(t, files, slog.New(slog.NewJSONHandler(log, nil)))
	})
	spec := newSpec(t)
	for _, r := range g.api.routes() {
		name := r.method + " " + r.path
		need, ok := needed[name]
		if !ok {
			t.Errorf("%s: nothing says who may call it", name)
			continue
		}
		cell := func(who, authorization, path string, want int) {
			t.Helper()
			var header []string
			if authorization != "" {
				header = []string{"Authorization", authorization}
			}
			before := f.count()
			a := g.do(t, r.method, path, house, header...)
			if want != 0 {
				spec.check(t, r.path, r.method, a)
			}
			refused := a.status == 401 || a.status == 403
			switch {
			case want == 0 && refused, want != 0 && a.status != want:
				t.Errorf("%s by %s: %d %s, want %d", path, who, a.status, a.body, want)
			case want != 0 && f.count() != before:
				t.Errorf("%s by %s was refused, but predict was asked", path, who)
			case want == 401 && a.header.Get("WWW-Authenticate") != `Bearer realm="treehouse"`:
				t.Errorf("%s by %s: headers %v", path, who, a.header)
			}
		}
		path := fillPath(r.path)
		none, denied := 401, 403
		if need == "public" {
			none, denied = 0, 0
		}
		cell("nobody", "", path, none)
		cell("a wrong key", "Bearer "+strings.Repeat("x", 63), path, none)
		cell("a key that is not listed", "Bearer th_0123456789abcdef_"+strings.Repeat("x", 43), path, none)
		cell("another scheme", "Basic "+files.Keys["predict"], path, none)
		cell("what is not ASCII", "Bearer \xff", path, none)
		for _, caller := range accesstest.Callers {
			right := strings.TrimPrefix(need, "some ")
			want := denied
			if caller == right {
				want = 0
			}
			cell(caller, "Bearer "+files.Keys[caller], path, want)
			if other := strings.Replace(path, "housing", "secret", 1); caller == right && other != path {
				cell(caller, "bearer "+files.Keys[caller], other, 403)
			}
		}
	}
	if len(needed) != len(g.api.routes()) {
		t.Errorf("there are %d routes, the table has %d", len(g.api.routes()), len(needed))
	}
	for _, secret := range files.Keys {
		if strings.Contains(log.String(), secret[20:]) {
			t.Error("a key is in the log")
		}
	}
}

// The caller's own credential reaches predict as it came, whether or not the
// gateway checks it, and predict's word is what counts.
func TestCredentialIsPassedOn(t *testing.T) {
	files := accesstest.New(t, accesstest.OneRight, "predict", "metadata")
	for name, change := range map[string]func(*Options){
		"on":  func(o *Options) { o.Guard = guardOf(t, files, slog.New(slog.DiscardHandler)) },
		"off": func(*Options) {},
	} {
		f := startFake(t)
		g := startGateway(t, f.address, change)
		for _, c := range []struct{ who, method, path string }{
			{"predict", "POST", "/predict"}, {"metadata", "GET", "/v1/models"}, {"metadata", "GET", "/api/v1/models/housing"},
		} {
			want := "Bearer " + files.Keys[c.who]
			a := g.do(t, c.method, c.path, house, "Authorization", want)
			if md, _ := f.last(); a.status != 200 || strings.Join(md["authorization"], " ") != want {
				t.Errorf("%s: %s: %d %s, predict saw another credential", name, c.path, a.status, a.body)
			}
		}
		if a := g.do(t, "GET", "/v2/health/ready", "", "Authorization", "Bearer nonsense"); a.status != 200 {
			t.Errorf("%s: a probe with a wrong credential: %d %s", name, a.status, a.body)
		}
	}
}

// /predict is checked by the gateway's own default model, where it has one.
func TestDefaultModelIsChecked(t *testing.T) {
	files := accesstest.New(t, accesstest.OneRight, "predict")
	for model, want := range map[string]int{"housing": 200, "species": 403} {
		g := startGateway(t, startFake(t).address, func(o *Options) {
			o.Guard, o.DefaultModel = guardOf(t, files, slog.New(slog.DiscardHandler)), model
		})
		if a := g.do(t, "POST", "/predict", house, "Authorization", "Bearer "+files.Keys["predict"]); a.status != want {
			t.Errorf("%s: %d %s, want %d", model, a.status, a.body, want)
		}
	}
}

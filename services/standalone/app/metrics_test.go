package app

import (
	"context"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	gateway "github.com/treehouse-ml/treehouse/services/gateway/app"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
	predict "github.com/treehouse-ml/treehouse/services/predict/app"
)

// docs/metrics.md has a row for every metric that the two services register
// with everything switched on, and no other. A metric that has not counted
// anything yet is not exposed, so it is the registrations that are compared.
func TestMetricsAreDocumented(t *testing.T) {
	documented := metricsTable(t, "../../../docs/metrics.md")
	registered := registrations(t)
	for name, m := range registered {
		row, ok := documented[name]
		switch {
		case !ok:
			t.Errorf("docs/metrics.md has no row for %s, a %s with the labels %v", name, m.kind, m.labels)
		case row.kind != m.kind || !slices.Equal(row.labels, m.labels):
			t.Errorf("docs/metrics.md: %s is a %s with the labels %v, but registered as a %s with %v", name, row.kind, row.labels, m.kind, m.labels)
		}
	}
	for name := range documented {
		if _, ok := registered[name]; !ok {
			t.Errorf("docs/metrics.md has a row for %s, which no service registers", name)
		}
	}
}

// Names, units and types follow the conventions of Prometheus.
func TestMetricsFollowConventions(t *testing.T) {
	var families []*dto.MetricFamily
	for name, m := range registrations(t) {
		if strings.HasSuffix(name, "*") {
			continue // not ours
		}
		kind := dto.MetricType(dto.MetricType_value[strings.ToUpper(m.kind)])
		families = append(families, &dto.MetricFamily{Name: &name, Help: &m.help, Type: &kind, Metric: []*dto.Metric{{}}})
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A documented metric, or a registered one.
type metric struct {
	kind, help string
	labels     []string
}

// metricsTable reads the rows of the table: name, type, labels.
func metricsTable(t *testing.T, path string) map[string]metric {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]metric{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_*]+)`[^|]*\\|([^|]*)\\|([^|]*)\\|.*\\|.*\\|$").FindAllStringSubmatch(string(text), -1) {
		if _, twice := rows[row[1]]; twice {
			t.Errorf("%s has two rows for %s", path, row[1])
		}
		rows[row[1]] = metric{kind: strings.TrimSpace(row[2]), labels: sorted(strings.FieldsFunc(row[3], func(r rune) bool { return r == ',' || r == ' ' }))}
	}
	if len(rows) == 0 {
		t.Fatalf("found no table in %s", path)
	}
	return rows
}

// A recorder remembers what is registered.
type recorder struct {
	*prometheus.Registry
	mu         sync.Mutex
	collectors []prometheus.Collector
}

func (r *recorder) Register(c prometheus.Collector) error {
	r.mu.Lock()
	r.collectors = append(r.collectors, c)
	r.mu.Unlock()
	return r.Registry.Register(c)
}

func (r *recorder) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// registrations runs both services with everything on that has metrics, and
// returns what they register. Metrics of the runtime are one each.
func registrations(t *testing.T) map[string]metric {
	t.Helper()
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))

	o := testOptions()
	p, g := o.Predict, o.Gateway
	credentials := tlstest.NewSecret(t, map[string][]byte{"keys": nil, "policy": []byte("rules: []")})
	p.Auth = access.Options{Keys: credentials.Path("keys"), Policy: credentials.Path("policy")}
	g.Auth = p.Auth
	g.Limits.File = tlstest.NewSecret(t, map[string][]byte{"limits": []byte("limits: [{name: a, requests: 1/s}]")}).Path("limits")
	p.Limits.File = tlstest.NewSecret(t, map[string][]byte{"limits": []byte("limits: [{name: a, requests: 1/s}]")}).Path("limits")
	g.Limits.Redis, p.Limits.Redis = "redis://127.0.0.1:1", "redis://127.0.0.1:1"
	p.Repository, p.DriftFeatures = repository(t, "3"), "housing=*"
	p.PayloadLog, p.PayloadModels, p.Instance = t.TempDir(), "housing", "predict-0"
	p.ResponseCache = "housing=1MiB"
	p.TLSCert, p.TLSKey, p.TLSClientCA = secret.Path("tls.crt"), secret.Path("tls.key"), secret.Path("ca.crt")
	g.TLSCert, g.TLSKey, g.PredictCA = secret.Path("tls.crt"), secret.Path("tls.key"), secret.Path("ca.crt")
	g.Predict = "127.0.0.1:1"
	g.OTLPEndpoint, p.OTLPEndpoint = "127.0.0.1:1", "127.0.0.1:1"

	all := map[string]metric{}
	run := func(service string, run func(context.Context, *serve.Process, func(net.Addr, net.Addr)) error) {
		r := &recorder{Registry: telemetry.NewRegistry(buildinfo.Get(service))}
		ctx, stop := context.WithCancel(t.Context())
		listening, done := make(chan bool, 1), make(chan error, 1)
		process := &serve.Process{Log: slog.New(slog.DiscardHandler), Metrics: r, Readiness: &serve.Readiness{}}
		if service == "gateway" { // which is ready when predict is
			process.Readiness.Set(nil)
		}
		go func() { done <- run(ctx, process, func(net.Addr, net.Addr) { listening <- true }) }()
		select {
		case <-listening:
		case err := <-done:
			t.Fatalf("%s: %v", service, err)
		}
		eventually(t, service+" is ready", func() bool { return process.Readiness.Err() == nil }) // with a model, of which there are metrics
		r.describe(t, all)
		stop()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
	run("predict", func(ctx context.Context, process *serve.Process, listening func(net.Addr, net.Addr)) error {
		p.Process, p.Listening = process, listening
		return predict.Run(ctx, p)
	})
	run("gateway", func(ctx context.Context, process *serve.Process, listening func(net.Addr, net.Addr)) error {
		g.Process, g.Listening = process, listening
		return gateway.Run(ctx, g)
	})
	return all
}

// description is how a prometheus.Desc tells about itself.
var description = regexp.MustCompile(`^Desc\{fqName: "(\w+)", help: "(.*)", constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

// describe adds what was registered, with the types that can be known of
// metrics without values, and what is exposed.
func (r *recorder) describe(t *testing.T, all map[string]metric) {
	t.Helper()
	for _, c := range r.collectors {
		descs := make(chan *prometheus.Desc, 1000)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			parts := description.FindStringSubmatch(d.String())
			if parts == nil {
				t.Fatalf("cannot read %s", d)
			}
			all[parts[1]] = metric{kind: kind(c), help: parts[2], labels: sorted(strings.FieldsFunc(parts[3], func(r rune) bool { return r == ',' }))}
		}
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		name := f.GetName()
		for _, prefix := range []string{"go_", "process_"} {
			if strings.HasPrefix(name, prefix) {
				all[prefix+"*"] = metric{}
			}
		}
		if !strings.HasPrefix(name, "treehouse_") {
			continue
		}
		m := metric{kind: strings.ToLower(f.GetType().String()), help: f.GetHelp()}
		for _, l := range f.GetMetric()[0].GetLabel() {
			m.labels = append(m.labels, l.GetName())
		}
		m.labels = sorted(m.labels)
		all[name] = m
	}
}

func kind(c prometheus.Collector) string {
	switch c.(type) {
	case *prometheus.HistogramVec, prometheus.Histogram:
		return "histogram"
	case *prometheus.CounterVec:
		return "counter"
	}
	return "gauge" // or it is exposed, and tells
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

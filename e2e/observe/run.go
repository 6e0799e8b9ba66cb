package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/grafana"
)

// namespace is the one in which the pair would be.
const namespace = "mlops-housing"

// observed is a run.
type observed struct {
	Options
	begin      time.Time
	folder     string // temporary
	programs   processes
	prometheus prometheus
	alerts     string // the Alertmanager's address
	gateway    string
	admins     []string // addresses of the admin ports
	told       receiver
	load       *load
	cluster    *onCluster // nil without KUBECONFIG
}

func run(ctx context.Context, o Options) (err error) {
	r := &observed{Options: o, begin: time.Now()}
	if o.Data == "" {
		r.Data = r.path("services", "predict", "testdata", "housing-1000.csv")
	}
	if r.load, err = readLoad(r.Data); err != nil {
		return err
	}
	if r.folder, err = os.MkdirTemp("", "treehouse-observe-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.folder)) }()
	r.programs.logs = r.folder
	defer func() { err = errors.Join(err, r.programs.stop()) }()

	if o.Kubeconfig != "" {
		if r.cluster, err = openCluster(ctx, r); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.cluster.close()) }()
	} else {
		r.say("not run: the panels on Kubernetes' series (KUBECONFIG is not set)")
		if o.Required {
			return errors.New("KUBECONFIG is not set, and OBSERVE_REQUIRED=1")
		}
	}
	if err := r.start(ctx); err != nil {
		return err
	}
	loading, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		r.load.run(loading)
		close(ended)
	}()
	defer func() { <-ended }()
	defer stop()
	if o.Check {
		return r.check(ctx)
	}
	return r.show(ctx)
}

func (r *observed) path(elements ...string) string {
	return filepath.Join(append([]string{r.Repository}, elements...)...)
}

// say prints a line with the seconds since the start.
func (r *observed) say(format string, arguments ...any) {
	fmt.Printf("%6.1f s  %s\n", time.Since(r.begin).Seconds(), fmt.Sprintf(format, arguments...))
}

// start runs the pair, Prometheus, the Alertmanager and a node exporter.
func (r *observed) start(ctx context.Context) error {
	ports, err := freePorts(7)
	if err != nil {
		return err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	receiver, err := r.told.listen()
	if err != nil {
		return err
	}
	routes, err := writeAlertmanager(r.folder, r.path("charts", "monitoring", "alertmanager.yaml"), receiver)
	if err != nil {
		return err
	}
	log := filepath.Join(r.folder, "payload")
	if err := os.Mkdir(log, 0o750); err != nil {
		return err
	}
	scrapes := []scrape{
		{job: "predict", address: at(1), labels: pod("predict")},
		{job: "gateway", address: at(3), labels: pod("gateway")},
		{job: "node-exporter", address: at(6)},
	}
	if r.cluster != nil {
		scrapes = append(scrapes, r.cluster.scrapes...)
	}
	config, err := writePrometheus(r.folder, r.path("charts", "monitoring", "rules"), at(5), scrapes)
	if err != nil {
		return err
	}
	r.gateway, r.prometheus, r.alerts = "http://"+at(2), prometheus("http://"+at(4)), "http://"+at(5)
	r.admins = []string{"http://" + at(3), "http://" + at(1)}
	r.load.gateway = r.gateway
	for _, program := range [][]string{
		{r.path("bin", "predict"), "serve", "--auth=off", "--grpc-address=" + at(0), "--admin-address=" + at(1), "--repository=" + r.path("services", "predict", "models"),
			"--drift-features=housing=*", "--payload-log=" + log, "--payload-models=housing", "--payload-interval=1s", "--in-flight=1"}, // so that bursts have to wait
		{r.path("bin", "gateway"), "--auth=off", "--http-address=" + at(2), "--admin-address=" + at(3), "--predict=" + at(0)},
		{"prometheus", "--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(r.folder, "tsdb"), "--web.listen-address=" + at(4), "--log.level=warn", "--enable-feature=exemplar-storage"},
		{"prometheus-alertmanager", "--config.file=" + routes, "--storage.path=" + filepath.Join(r.folder, "alertmanager"), "--web.listen-address=" + at(5), "--cluster.listen-address="},
		{"prometheus-node-exporter", "--web.listen-address=" + at(6), "--collector.disable-defaults", "--collector.cpu", "--collector.meminfo", "--collector.filesystem", "--collector.netdev", "--collector.loadavg"},
	} {
		if _, err := r.programs.start(program[0], program[1:]...); err != nil {
			return err
		}
	}
	return r.programs.until(ctx, 30*time.Second, "the programs start", func(ctx context.Context) error {
		for _, address := range []string{r.gateway + "/health", string(r.prometheus) + "/-/ready", r.alerts + "/-/ready"} {
			if _, status, err := fetch(ctx, address); err != nil || status != http.StatusOK {
				return fmt.Errorf("%s: status %d, %w", address, status, err)
			}
		}
		return nil
	})
}

func pod(service string) map[string]string {
	return map[string]string{"namespace": namespace, "pod": service + "-0", "container": service, "service": service}
}

// show tells where to look, and has the rows drift after a while.
func (r *observed) show(ctx context.Context) error {
	r.say("gateway       %s/docs", r.gateway)
	r.say("Prometheus    %s/alerts, and /query", r.prometheus)
	r.say("Alertmanager  %s", r.alerts)
	r.say("metrics       %s/metrics %s/metrics", r.admins[0], r.admins[1])
	r.say("dashboards    %s: import into a Grafana with this Prometheus as data source", r.path("charts", "monitoring", "dashboards"))
	r.say("The rows of %s are asked for again and again; in 60 s they drift. Ctrl-C ends it.", r.Data)
	drift := time.After(time.Minute)
	seen := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-drift:
			r.load.drifted.Store(true)
			r.say("incomes are doubled from now on, and a quarter of total_bedrooms is missing")
		case <-time.After(time.Second):
		}
		if err := r.programs.check(); err != nil {
			return err
		}
		firing, err := r.prometheus.firing(ctx)
		if err != nil {
			continue // Prometheus is being stopped, or slow
		}
		for _, a := range firing {
			if key := fmt.Sprint(a.Labels); !seen[key] {
				seen[key] = true
				r.say("%s: %s", a.Labels["alertname"], a.Annotations["summary"])
			}
		}
	}
}

// steady is how long rows come as they are before they drift.
const steady = 25 * time.Second

func (r *observed) check(ctx context.Context) error {
	dashboards, err := grafana.Read(r.path("charts", "monitoring", "dashboards"))
	if err != nil {
		return err
	}
	for _, d := range dashboards {
		if wrong := d.Check(); len(wrong) > 0 {
			return fmt.Errorf("%s: %s", d.File, strings.Join(wrong, "; "))
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(steady):
	}
	if err := r.noDrift(ctx); err != nil {
		return err
	}
	r.load.drifted.Store(true)
	err = r.drifts(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if r.cluster != nil {
		errs = append(errs, r.cluster.wait())
	}
	errs = append(errs, r.panels(ctx, 90*time.Second), r.expositions(ctx), r.healthy(ctx))
	if n := r.load.failed.Load(); n > 0 {
		errs = append(errs, fmt.Errorf("%d of %d requests were not answered as expected; the last: %v", n, r.load.sent.Load(), r.load.last.Load()))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.say("all checks passed; %d requests", r.load.sent.Load())
	return nil
}

// isDrift: those alerts compare what comes with what the model was saved with.
func isDrift(a alertState) bool {
	name := a.Labels["alertname"]
	return strings.HasPrefix(name, "TreehousePrediction") || strings.HasPrefix(name, "TreehouseFeature")
}

// noDrift fails if rows like those of training raise an alert of drift.
func (r *observed) noDrift(ctx context.Context) error {
	firing, err := r.prometheus.firing(ctx)
	if err != nil {
		return err
	}
	for _, a := range firing {
		if isDrift(a) {
			return fmt.Errorf("%v fires before anything drifted: %s", a.Labels, a.Annotations["summary"])
		}
		r.say("fires, and is no drift: %s: %s", a.Labels["alertname"], a.Annotations["summary"])
	}
	r.say("%d requests with rows as in training: no alert of drift", r.load.sent.Load())
	return nil
}

// drifts waits until the drift is noticed and who trains the model is told.
func (r *observed) drifts(ctx context.Context) error {
	begin := time.Now()
	return r.programs.until(ctx, time.Minute, "the drift is told", func(ctx context.Context) error {
		firing, err := r.prometheus.firing(ctx)
		if err != nil {
			return err
		}
		for _, a := range firing {
			if isDrift(a) && r.told.knows("data-science", a.Labels["alertname"]) {
				r.say("drift told to data-science %.1f s after it set in: %s: %s", time.Since(begin).Seconds(), a.Labels["alertname"], a.Annotations["summary"])
				return nil
			}
		}
		return fmt.Errorf("%d alerts fire, none of them drift that data-science was told of", len(firing))
	})
}

// expositions has promtool check what both services expose.
func (r *observed) expositions(ctx context.Context) error {
	for _, admin := range r.admins {
		text, status, err := fetch(ctx, admin+"/metrics")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%s/metrics: status %d, %w", admin, status, err)
		}
		command := exec.CommandContext(ctx, "promtool", "check", "metrics")
		command.Stdin = bytes.NewReader(text)
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("promtool check metrics of %s: %w\n%s", admin, err, out)
		}
		r.say("promtool check metrics: %d lines are well", bytes.Count(text, []byte("\n")))
	}
	return nil
}

// healthy fails if a rule, a target or the text of an alert does not work.
func (r *observed) healthy(ctx context.Context) error {
	ailing, err := r.prometheus.ailing(ctx)
	if err != nil {
		return err
	}
	firing, err := r.prometheus.firing(ctx)
	if err != nil {
		return err
	}
	for _, a := range firing {
		for key, text := range a.Annotations {
			if strings.Contains(text, "error expanding") {
				ailing = append(ailing, fmt.Sprintf("%s, %s: %s", a.Labels["alertname"], key, text))
			}
		}
	}
	if len(ailing) > 0 {
		return errors.New(strings.Join(ailing, "\n"))
	}
	r.say("all rules are evaluated, all targets are up")
	return nil
}

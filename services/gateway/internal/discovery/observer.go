package discovery

import (
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/grpc/resolver"
)

// The places that servers are known from: the values of the label source.
const (
	fromSlices = "endpointslices"
	fromDNS    = "dns"
	fromList   = "static"
)

// observer counts and logs what passes from a resolver to gRPC.
type observer struct {
	log       *slog.Logger
	endpoints prometheus.Gauge
	source    *prometheus.GaugeVec
	updates   *prometheus.CounterVec
	errors    *prometheus.CounterVec

	mu     sync.Mutex
	in     string          // the source in use
	some   bool            // it knows servers
	failed map[string]bool // sources whose last news was an error
}

func newObserver(o Options) *observer {
	f := promauto.With(o.Registerer)
	return &observer{
		log: o.Log,
		endpoints: f.NewGauge(prometheus.GaugeOpts{Name: "treehouse_gateway_discovery_endpoints",
			Help: "Servers of predict that calls are balanced over, before their health is asked."}),
		source: f.NewGaugeVec(prometheus.GaugeOpts{Name: "treehouse_gateway_discovery_source",
			Help: "1 where the servers of predict are known from: endpointslices, dns or static."}, []string{"source"}),
		updates: f.NewCounterVec(prometheus.CounterOpts{Name: "treehouse_gateway_discovery_updates_total",
			Help: "Changes of the set of predict's servers."}, []string{"source"}),
		errors: f.NewCounterVec(prometheus.CounterOpts{Name: "treehouse_gateway_discovery_errors_total",
			Help: "Failed attempts to learn predict's servers; what was known stays in use."}, []string{"source"}),
		failed: map[string]bool{},
	}
}

// updated is told of a set of servers that is in use from now on.
func (o *observer) updated(source string, servers int) {
	o.answered(source)
	o.endpoints.Set(float64(servers))
	o.updates.WithLabelValues(source).Inc()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case servers == 0:
		o.log.Warn("predict has no servers", "source", source)
	case o.in != source || !o.some:
		o.log.Info("predict's servers are known", "source", source, "servers", servers)
	default:
		o.log.Debug("predict's servers changed", "source", source, "servers", servers)
	}
	if o.in != "" {
		o.source.WithLabelValues(o.in).Set(0)
	}
	o.source.WithLabelValues(source).Set(1)
	o.in, o.some = source, servers > 0
}

// answered is told of an answer, news or not.
func (o *observer) answered(source string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed[source] {
		o.failed[source] = false
		o.log.Info("predict's servers can be asked for again", "source", source)
	}
}

// failure is told of an attempt that failed. A streak of them is one warning.
func (o *observer) failure(source string, err error) {
	o.errors.WithLabelValues(source).Inc()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed[source] {
		o.log.Debug("predict's servers cannot be asked for", "source", source, "error", err)
		return
	}
	o.failed[source] = true
	o.log.Warn("predict's servers cannot be asked for; those that are known stay in use", "source", source, "error", err)
}

// observed is a builder whose resolvers are observed.
type observed struct {
	resolver.Builder
	source string
	*observer
}

func (b observed) Build(target resolver.Target, cc resolver.ClientConn, o resolver.BuildOptions) (resolver.Resolver, error) {
	return b.Builder.Build(target, observedConn{cc, b}, o)
}

type observedConn struct {
	resolver.ClientConn
	b observed
}

func (c observedConn) UpdateState(s resolver.State) error {
	c.b.updated(c.b.source, len(s.Endpoints))
	return c.ClientConn.UpdateState(s)
}

func (c observedConn) ReportError(err error) {
	c.b.failure(c.b.source, err)
	c.ClientConn.ReportError(err)
}

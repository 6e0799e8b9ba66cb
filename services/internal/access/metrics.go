package access

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
)

// metrics never have a label that a caller chooses.
type metrics struct {
	authentications *prometheus.CounterVec
	allowed, denied [policy.Actions]prometheus.Counter
	reloads         *prometheus.CounterVec
	successful      *prometheus.GaugeVec
	recognised      map[string]prometheus.Counter // by method, found once
}

func newMetrics(reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	m := &metrics{
		authentications: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_auth_authentications_total",
			Help: "Callers that were asked who they are, by method (key, jwt, mtls or none) and result: ok, missing, malformed, unknown, expired or unavailable.",
		}, []string{"method", "result"}),
		reloads: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_auth_reloads_total",
			Help: "Changes of the files that say who may call, by file (keys or policy) and result: ok or failed. A change that fails is counted once.",
		}, []string{"file", "result"}),
		successful: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "treehouse_auth_last_reload_successful",
			Help: "Whether the file is that in use: 0 when it changed and cannot be used.",
		}, []string{"file"}),
		recognised: map[string]prometheus.Counter{},
	}
	for _, method := range []string{"key", "jwt", "mtls"} {
		m.recognised[method] = m.authentications.WithLabelValues(method, "ok")
	}
	decisions := factory.NewCounterVec(prometheus.CounterOpts{
		Name: "treehouse_auth_decisions_total",
		Help: "Decisions whether a caller may do something, by action and result: allowed or denied.",
	}, []string{"action", "result"})
	for a := policy.Predict; a < policy.Actions; a++ {
		m.allowed[a], m.denied[a] = decisions.WithLabelValues(a.String(), "allowed"), decisions.WithLabelValues(a.String(), "denied")
	}
	return m
}

func (m *metrics) reloaded(file, result string) { m.reloads.WithLabelValues(file, result).Inc() }

func (m *metrics) current(file string, current bool) {
	value := 0.0
	if current {
		value = 1
	}
	m.successful.WithLabelValues(file).Set(value)
}

// result is an error of package auth as a label.
func result(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{{auth.ErrUnknown, "unknown"}, {auth.ErrExpired, "expired"}, {auth.ErrUnavailable, "unavailable"}, {errMissing, "missing"}} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return "malformed"
}

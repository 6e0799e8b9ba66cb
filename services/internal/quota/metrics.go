package quota

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics have the names of rules for labels, never anything of a caller.
type metrics struct {
	decisions  *prometheus.CounterVec
	reloads    *prometheus.CounterVec
	successful prometheus.Gauge
}

// ruleMetrics are those of one rule, found once.
type ruleMetrics struct{ allowed, denied, tooLarge prometheus.Counter }

func newMetrics(reg prometheus.Registerer, b *buckets) *metrics {
	factory := promauto.With(reg)
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "treehouse_quota_buckets",
		Help: "Token buckets in memory.",
	}, func() float64 { return float64(b.all.Len()) })
	factory.NewCounterFunc(prometheus.CounterOpts{
		Name: "treehouse_quota_evictions_total",
		Help: "Token buckets that were dropped because there were too many.",
	}, func() float64 { return float64(b.evicted.Load()) })
	return &metrics{
		decisions: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_quota_decisions_total",
			Help: "Buckets that were asked, by the limit's name and outcome: allowed, denied, or too_large for ever.",
		}, []string{"limit", "outcome"}),
		reloads: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_quota_reloads_total",
			Help: "Changes of the file of limits, by result: ok or failed. A change that fails is counted once.",
		}, []string{"result"}),
		successful: factory.NewGauge(prometheus.GaugeOpts{
			Name: "treehouse_quota_last_reload_successful",
			Help: "Whether the file of limits is that in use: 0 when it changed and cannot be used.",
		}),
	}
}

// redisMetrics count what Redis decided.
type redisMetrics struct {
	ok, failed, away prometheus.Counter
	up               prometheus.Gauge
}

func newRedisMetrics(reg prometheus.Registerer) redisMetrics {
	factory := promauto.With(reg)
	all := factory.NewCounterVec(prometheus.CounterOpts{
		Name: "treehouse_quota_redis_decisions_total",
		Help: "Requests that limits are about, by who decided: ok is Redis; failed and away are this process by itself, after Redis had failed or because it had before.",
	}, []string{"result"})
	return redisMetrics{
		ok: all.WithLabelValues("ok"), failed: all.WithLabelValues("failed"), away: all.WithLabelValues("away"),
		up: factory.NewGauge(prometheus.GaugeOpts{
			Name: "treehouse_quota_redis_up",
			Help: "Whether Redis shares the limits: 0 when it does not answer, or not in time.",
		}),
	}
}

func (m *metrics) of(limit string) ruleMetrics {
	return ruleMetrics{
		m.decisions.WithLabelValues(limit, "allowed"), m.decisions.WithLabelValues(limit, "denied"), m.decisions.WithLabelValues(limit, "too_large"),
	}
}

// forget ends the series of rules that are no more, so that files that change
// for ever leave none behind.
func (m *metrics) forget(before, after []*rule) {
	for _, b := range before {
		if !slices.ContainsFunc(after, func(r *rule) bool { return r.name == b.name }) {
			m.decisions.DeletePartialMatch(prometheus.Labels{"limit": b.name})
		}
	}
}

func (m *metrics) reloaded(_, result string) { m.reloads.WithLabelValues(result).Inc() }

func (m *metrics) current(_ string, current bool) {
	value := 0.0
	if current {
		value = 1
	}
	m.successful.Set(value)
}

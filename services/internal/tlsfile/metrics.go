package tlsfile

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	expiry     *prometheus.GaugeVec
	successful *prometheus.GaugeVec
	reloads    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) metrics {
	factory := promauto.With(reg)
	return metrics{
		expiry: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "treehouse_tls_certificate_expiry_timestamp_seconds",
			Help: "When the certificate in use expires; of a bundle of authorities, when its last one does.",
		}, []string{"use"}),
		successful: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "treehouse_tls_last_reload_successful",
			Help: "Whether the files are those in use: 0 when they changed and cannot be used.",
		}, []string{"use"}),
		reloads: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_tls_reloads_total",
			Help: "Changes of the files, by result: ok or failed. A change that fails is counted once.",
		}, []string{"use", "result"}),
	}
}

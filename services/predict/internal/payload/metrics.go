package payload

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Why rows were not logged.
const (
	dropFull   = "full"   // there was no room in memory: the store is slow or away
	dropStop   = "stop"   // the process stopped before they were written
	dropEncode = "encode" // they could not be made a file
)

type metrics struct {
	registerer prometheus.Registerer
	records    *prometheus.CounterVec
	dropped    *prometheus.CounterVec
	bytes      prometheus.Counter
	files      prometheus.Counter
	errors     prometheus.Counter
	lost       atomic.Int64 // files that were given up
}

func newMetrics(reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	return &metrics{
		registerer: reg,
		records: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_payload_records_total", Help: "Rows that were written to the payload log.",
		}, []string{"model", "version"}),
		dropped: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_payload_dropped_total", Help: "Rows that should have been in the payload log and are not, by reason: full, stop or encode.",
		}, []string{"model", "version", "reason"}),
		bytes: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_payload_written_bytes_total", Help: "Bytes of the files of the payload log.",
		}),
		files: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_payload_files_total", Help: "Files of the payload log that were written.",
		}),
		errors: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_payload_write_errors_total", Help: "Attempts to write a file of the payload log that failed.",
		}),
	}
}

// limit shows how much is buffered, and of how much.
func (m *metrics) limit(most int64, buffered *atomic.Int64) {
	factory := promauto.With(m.registerer)
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "treehouse_payload_buffered_bytes", Help: "Memory of what the payload log has not written yet.",
	}, func() float64 { return float64(buffered.Load()) })
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "treehouse_payload_buffer_limit_bytes", Help: "The most memory for what the payload log has not written yet.",
	}, func() float64 { return float64(most) })
}

func (m *metrics) drop(name string, number int64, rows int, reason string) {
	m.dropped.WithLabelValues(name, strconv.FormatInt(number, 10), reason).Add(float64(rows))
}

func (m *metrics) wrote(name string, number int64, rows, bytes int) {
	m.records.WithLabelValues(name, strconv.FormatInt(number, 10)).Add(float64(rows))
	m.bytes.Add(float64(bytes))
	m.files.Inc()
}

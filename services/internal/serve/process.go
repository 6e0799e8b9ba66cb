package serve

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// A Process is what services share that run in one process: its log, its
// metrics, and whether it wants traffic. Who makes one serves the admin port;
// a service that is handed one does not.
type Process struct {
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Readiness *Readiness
}

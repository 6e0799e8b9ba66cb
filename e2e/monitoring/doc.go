// Package monitoring holds charts/monitoring together: alerts, their tests, the
// runbook and the dashboards that lead to it.
package monitoring

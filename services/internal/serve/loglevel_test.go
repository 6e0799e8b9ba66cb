package serve

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// The level is read and changed from this machine only.
func TestLogLevel(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
	h := Admin{Metrics: prometheus.NewRegistry(), Log: log, Level: level}.Handler()
	for _, tt := range []struct {
		method, from, body string
		status             int
		answer, now        string
	}{
		{"GET", "10.0.0.9:555", "", 403, "only from this machine", "INFO"},
		{"GET", "127.0.0.1:555", "", 200, "info", "INFO"},
		{"PUT", "127.0.0.1:555", "debug", 200, "debug", "DEBUG"},
		{"PUT", "[::1]:555", " WARN\n", 200, "warn", "WARN"},
		{"PUT", "10.0.0.9:555", "debug", 403, "only from this machine", "WARN"},
		{"PUT", "", "debug", 403, "only from this machine", "WARN"},
		{"PUT", "127.0.0.1:555", "loud", 400, "expected debug, info, warn or error", "WARN"},
		{"PUT", "127.0.0.1:555", strings.Repeat("debug", 100), 400, "expected debug", "WARN"},
		{"POST", "127.0.0.1:555", "debug", 405, "", "WARN"},
		{"GET", "[::1]:555", "", 200, "warn", "WARN"},
	} {
		r := httptest.NewRequest(tt.method, "/debug/loglevel", strings.NewReader(tt.body))
		r.RemoteAddr = tt.from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) || level.Level().String() != tt.now {
			t.Errorf("%s %.10q from %s: %d %s, and the level is %v", tt.method, tt.body, tt.from, w.Code, w.Body, level)
		}
	}
	if log.Debug("hidden"); strings.Contains(out.String(), "hidden") || strings.Count(out.String(), "log level changed") != 2 {
		t.Errorf("the log is %s", &out)
	}
	h = Admin{Metrics: prometheus.NewRegistry(), Log: log}.Handler()
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/loglevel", nil)); w.Code != http.StatusNotFound {
		t.Errorf("without a level: %d", w.Code)
	}
}

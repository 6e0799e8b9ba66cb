package serve

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// showLevel answers GET /debug/loglevel: debug, info, warn or error.
func (a Admin) showLevel(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, strings.ToLower(a.Level.Level().String()))
}

// setLevel answers PUT /debug/loglevel, whose body is the level. Only who is on
// this machine may do it, which in a pod is whoever may exec or forward a port:
// metrics are open to the cluster, but what a service writes down is not.
func (a Admin) setLevel(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		text(w, http.StatusForbidden, "the log level is changed from this machine only")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64))
	level, known := levels[strings.ToLower(strings.TrimSpace(string(body)))]
	if err != nil || !known {
		text(w, http.StatusBadRequest, "expected debug, info, warn or error")
		return
	}
	before := a.Level.Level()
	a.Level.Set(level)
	// At a level that is written whatever it is now.
	a.Log.Error("log level changed", "from", before.String(), "to", level.String())
	text(w, http.StatusOK, strings.ToLower(level.String()))
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

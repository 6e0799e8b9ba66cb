package serve

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// showLevel answers GET /debug/loglevel: debug, info, warn or error.
func (a Admin) showLevel(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, strings.ToLower(a.Level.Level().String()))
}

// setLevel answers PUT /debug/loglevel, whose body is the level.
func (a Admin) setLevel(w http.ResponseWriter, r *http.Request) {
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

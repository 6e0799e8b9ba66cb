package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// An AccessLog says which requests are logged: errors, and of the others as
// many a second as Rate says. A line tells of those that were held back since
// the one before.
//
// Errors are those on this side: answers of 500 and more, and 408 and 429; what
// a client does wrong is not among them, or clients could flood the log. A 500,
// which has no explanation, is always logged; the others come by the thousand
// when there is too much to do, and ten lines a second are written of them.
type AccessLog struct {
	Rate   int  // lines a second about other answers; 0 is none
	All    bool // every line, of errors and others
	Errors bool
}

// ParseAccessLog reads a number of lines a second, all, errors or none. With
// none only answers of 500 are logged.
func ParseAccessLog(s string) (AccessLog, error) {
	switch s {
	case "all":
		return AccessLog{All: true}, nil
	case "errors":
		return AccessLog{Errors: true}, nil
	case "none":
		return AccessLog{}, nil
	}
	rate, err := strconv.ParseUint(s, 10, 31)
	if err != nil || rate == 0 {
		return AccessLog{}, fmt.Errorf("access-log is %q; expected all, errors, none, or lines a second", s)
	}
	return AccessLog{Rate: int(rate), Errors: true}, nil
}

// logAccess writes the line of a request, if it is to have one.
func (s *Server) logAccess(c *call, end time.Time, took time.Duration) {
	level, held, ok := s.worthALine(c.status, end)
	if !ok || !s.o.Log.Enabled(c.r.Context(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("method", c.r.Method), slog.String("path", c.path()), slog.String("route", c.route.path),
		slog.Int("status", c.status), slog.Duration("took", took), slog.Int("bytes_in", len(c.body)), slog.Int("bytes_out", c.written),
		slog.String("request_id", c.id), telemetry.TraceAttr(c.span.TraceID()), slog.String("remote", c.address.String()), held}
	if c.answered.model != "" {
		attrs = append(attrs, slog.String("model", c.answered.model), slog.Int64("version", c.answered.version))
	}
	if c.caller != nil {
		attrs = append(attrs, slog.String("principal", c.caller.Name))
	}
	if c.rows > 0 {
		attrs = append(attrs, slog.Int("rows", c.rows))
	}
	if c.cause != nil {
		attrs = append(attrs, slog.String("error", c.cause.Error()))
	}
	s.o.Log.LogAttrs(context.WithoutCancel(c.r.Context()), level, "http", attrs...)
}

// worthALine decides about a line, and at which level it is.
func (s *Server) worthALine(status int, end time.Time) (level slog.Level, held slog.Attr, ok bool) {
	log := &s.o.AccessLog
	level = slog.LevelInfo
	switch {
	case status == http.StatusInternalServerError:
		return slog.LevelError, held, true
	case status > http.StatusInternalServerError:
		level = slog.LevelWarn
	case status != http.StatusTooManyRequests && status != http.StatusRequestTimeout: // no error of this side
		if log.Rate > 0 {
			held, ok = s.answers.Allow(end)
		}
		return level, held, ok || log.All
	}
	if log.Errors {
		held, ok = s.expected.Allow(end)
	}
	return level, held, ok || log.All
}

// path is the request's path, so short that nobody fills the log with it. The
// query is left out.
func (c *call) path() string {
	const most = 200
	if path := c.r.URL.Path; len(path) > most {
		return path[:most]
	}
	return c.r.URL.Path
}

// Package telemetry makes what a service tells about itself: logs, metrics and
// request ids, and the gRPC interceptor that writes them.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLogger returns a logger to w, and its level, which may be changed while
// it is in use. The level is debug, info, warn or error; the format is json or
// text. Durations in JSON are seconds.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, *slog.LevelVar, error) {
	l := new(slog.LevelVar)
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, nil, fmt.Errorf("log level %q: expected debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	switch format {
	case "json":
		options.ReplaceAttr = seconds
		return slog.New(slog.NewJSONHandler(w, options)), l, nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), l, nil
	}
	return nil, nil, fmt.Errorf("log format %q: expected json or text", format)
}

// seconds writes a duration as seconds, the unit of the metrics; slog's own
// are nanoseconds without saying so.
func seconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// Package telemetry makes what a service tells about itself: logs, metrics and
// request ids, and the gRPC interceptor that writes them.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLogger returns a logger to w. The level is debug, info, warn or error;
// the format is json or text.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: expected debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	}
	return nil, fmt.Errorf("log format %q: expected json or text", format)
}

package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
)

func TestNewLogger(t *testing.T) {
	tests := []struct{ level, format, err, output string }{
		{"info", "json", "", `"msg":"hello","took":0.25`},
		{"warn", "text", "", ""},
		{"info", "text", "", "msg=hello took=250ms"},
		{"loud", "json", `log level "loud": expected debug, info, warn or error`, ""},
		{"info", "xml", `log format "xml": expected json or text`, ""},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		log, level, err := NewLogger(&b, tt.level, tt.format)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("NewLogger(%s, %s) = %v, want %q", tt.level, tt.format, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello", "took", 250*time.Millisecond)
		if tt.output == "" && b.Len() > 0 || !strings.Contains(b.String(), tt.output) {
			t.Errorf("NewLogger(%s, %s) wrote %q, want %q", tt.level, tt.format, b.String(), tt.output)
		}
		b.Reset()
		level.Set(slog.LevelDebug)
		if log.Debug("now"); !strings.Contains(b.String(), "now") {
			t.Error("nothing is logged at a level that was set later")
		}
	}
}

func TestRegistry(t *testing.T) {
	reg := NewRegistry(buildinfo.Info{Service: "predict", Version: "1.2.3", Commit: "abc", GoVersion: "go1.26.8"})
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP treehouse_build_info Which build of which service this is; always 1.
# TYPE treehouse_build_info gauge
treehouse_build_info{commit="abc",go_version="go1.26.8",service="predict",version="1.2.3"} 1
`), "treehouse_build_info")
	if err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(reg, "go_goroutines"); n != 1 || err != nil {
		t.Errorf("go_goroutines: %d metrics, %v", n, err)
	}
}

func TestValidRequestID(t *testing.T) {
	for id, want := range map[string]bool{
		"7f3a": true, NewRequestID(): true, strings.Repeat("a", 128): true,
		"": false, "a b": false, "a\nb": false, "é": false, strings.Repeat("a", 129): false,
	} {
		if got := ValidRequestID(id); got != want {
			t.Errorf("ValidRequestID(%q) = %v, want %v", id, got, want)
		}
	}
	if a, b := NewRequestID(), NewRequestID(); a == b {
		t.Error("two request ids are equal")
	}
}

func TestUnary(t *testing.T) {
	tests := []struct {
		name    string
		handler func() error
		code    codes.Code
		message string
		logged  string
	}{
		{"an answer", func() error { return nil }, codes.OK, "", `"level":"DEBUG"`},
		{"a caller's mistake", func() error { return status.Error(codes.InvalidArgument, "row 3") }, codes.InvalidArgument, "row 3", `"level":"DEBUG"`},
		{"no room", func() error { return status.Error(codes.ResourceExhausted, "full") }, codes.ResourceExhausted, "full", `"level":"WARN"`},
		{"an error of no kind", func() error { return errors.New("disk") }, codes.Unknown, "disk", `"level":"ERROR"`},
		{"a panic", func() error { panic("secret") }, codes.Internal, "internal error", `"panic":"secret"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var logged bytes.Buffer
			reg := prometheus.NewRegistry()
			s := NewGRPCServer(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})), reg, nil)
			ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs(RequestIDHeader, "req-7"))
			_, err := s.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/x/Y"}, func(ctx context.Context, _ any) (any, error) {
				if id := RequestID(ctx); id != "req-7" {
					t.Errorf("request id = %q, want the caller's", id)
				}
				if got := testutil.ToFloat64(s.inFlight); got != 1 {
					t.Errorf("in flight = %v, want 1", got)
				}
				return nil, tt.handler()
			})
			if status.Code(err) != tt.code || status.Convert(err).Message() != tt.message {
				t.Errorf("error = %v, want %v %q", err, tt.code, tt.message)
			}
			if got := testutil.ToFloat64(s.requests.WithLabelValues("/x/Y", tt.code.String())); got != 1 {
				t.Errorf("requests with code %v = %v, want 1", tt.code, got)
			}
			if got := testutil.ToFloat64(s.inFlight); got != 0 {
				t.Errorf("in flight afterwards = %v, want 0", got)
			}
			if !strings.Contains(logged.String(), tt.logged) || !strings.Contains(logged.String(), "req-7") {
				t.Errorf("log = %s, want %s and the request id", logged.String(), tt.logged)
			}
		})
	}
}

type fakeStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s fakeStream) Context() context.Context { return s.ctx }

func TestStream(t *testing.T) {
	reg := prometheus.NewRegistry()
	s := NewGRPCServer(slog.New(slog.DiscardHandler), reg, nil)
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs(RequestIDHeader, "not valid"))
	err := s.Stream(nil, fakeStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: "/x/S"}, func(_ any, stream grpc.ServerStream) error {
		if id := RequestID(stream.Context()); len(id) != 32 {
			t.Errorf("request id = %q, want a new one", id)
		}
		panic("boom")
	})
	if status.Code(err) != codes.Internal {
		t.Errorf("error = %v, want INTERNAL", err)
	}
}

package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// requestIDHeader is telemetry.RequestIDHeader as net/http keeps it.
const requestIDHeader = "X-Request-Id"

// ServeHTTP implements [http.Handler]: it is the chain that every request
// passes.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := s.borrow(w, r)
	c.id = requestID(r)
	w.Header()[requestIDHeader] = []string{c.id}
	if s.o.Stopping() {
		w.Header()["Connection"] = closeHeader // the next request goes elsewhere
	}
	c.route = s.unmatched
	h, err := s.find(c)
	c.route.inFlight.Inc()
	defer s.finish(c, start)
	w.Header()["X-Content-Type-Options"] = noSniff
	if s.origins.preflight(c) {
		return
	}
	if err == nil {
		err = s.origins.check(r)
	}

	timeout, timeoutErr := s.timeout(r)
	if err == nil {
		err = timeoutErr
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	ctx, c.span = s.o.Tracer.Begin(ctx, r.Header, c.route.name, start)
	md := metadata.MD{telemetry.RequestIDHeader: w.Header()[requestIDHeader]}
	if parent := c.span.Traceparent(); parent != "" {
		md[telemetry.TraceparentHeader] = []string{parent}
	}
	if err == nil {
		err = c.passOn(md)
	}
	c.ctx = metadata.NewOutgoingContext(ctx, md)

	if err == nil && !c.route.need.public {
		err = c.charge(1, 0) // before anybody tries credentials
	}
	if err == nil {
		err = s.permit(c)
	}
	if err == nil && c.route.costly {
		if n := s.inFlight.Add(1); n > int64(s.o.MaxInFlight) {
			err = &Error{Status: http.StatusTooManyRequests, Code: "overloaded", retryAfter: time.Second,
				Message: fmt.Sprintf("more than %d requests are in flight", s.o.MaxInFlight)}
		}
		defer s.inFlight.Add(-1)
	}
	if err == nil {
		err = h(c)
	}
	if err != nil {
		c.fail(err)
	}
}

// finish is deferred: it recovers, then writes log and metrics.
func (s *Server) finish(c *call, start time.Time) {
	if p := recover(); p != nil {
		s.o.Log.LogAttrs(context.WithoutCancel(c.r.Context()), slog.LevelError, "panic in an HTTP handler", slog.String("route", c.route.path),
			slog.String("request_id", c.id), telemetry.TraceAttr(c.span.TraceID()), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		if c.status == 0 {
			c.fail(errInternal)
		}
	}
	end := time.Now()
	took := end.Sub(start)
	c.route.inFlight.Dec()
	c.route.observe(c.answered, c.status, c.failed, took, c.span)
	if c.span.Recording() {
		c.endSpan()
	}
	s.logAccess(c, end, took)
	s.giveBack(c)
}

// endSpan tells the span what became of the request, but none of its values.
func (c *call) endSpan() {
	attributes := []attribute.KeyValue{attribute.String("http.request.method", c.r.Method), attribute.String("http.route", c.route.path),
		attribute.Int("http.response.status_code", c.status), attribute.String("treehouse.request_id", c.id)}
	if c.answered.model != "" {
		attributes = append(attributes, attribute.String("treehouse.model", c.answered.model),
			attribute.Int64("treehouse.version", c.answered.version), attribute.Int("treehouse.rows", c.rows))
	}
	c.span.End(c.status >= http.StatusInternalServerError, attributes...)
}

// timeout is the server's, or less where the client says so, in seconds or as
// a duration such as 250ms.
func (s *Server) timeout(r *http.Request) (time.Duration, error) {
	values := r.Header["X-Request-Timeout"]
	if len(values) == 0 {
		return s.o.Timeout, nil
	}
	d, err := time.ParseDuration(values[0])
	if seconds, secondsErr := strconv.ParseFloat(values[0], 64); err != nil && secondsErr == nil && seconds < 1e6 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return s.o.Timeout, badRequest("the header X-Request-Timeout is %q; expected seconds, or a duration such as 250ms", values[0])
	}
	return min(d, s.o.Timeout), nil
}

func requestID(r *http.Request) string {
	if ids := r.Header[requestIDHeader]; len(ids) == 1 && telemetry.ValidRequestID(ids[0]) {
		return ids[0]
	}
	return telemetry.NewRequestID()
}

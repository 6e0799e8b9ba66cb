package server

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// A stage is a part of the way of a request through the server.
type stage int

const (
	queue     stage = iota // for room to read and compute
	decode                 // the version is looked up, the message made a batch
	transform              // values are made what the trees, or the sum, read
	predict
	encode // the result is made a message
	stages
)

func (s stage) String() string {
	return [...]string{"queue", "decode", "transform", "predict", "encode"}[s]
}

// An observation is what there is to tell about a request for a prediction. It
// holds no value of it.
type observation struct {
	version     *model.Version // nil until one is found
	rows        int            // 0 until the batch is made
	start, last time.Time
	took        [stages]time.Duration
	limit       quota.State // of the caller
}

func observe() observation {
	now := time.Now()
	return observation{start: now, last: now}
}

// ends notes that a stage is over, or a part of it, and that the next has begun.
func (o *observation) ends(s stage) {
	now := time.Now()
	o.took[s] += now.Sub(o.last)
	o.last = now
}

// computed notes that the stages transform and predict are over; the share
// tells them apart. What a large batch waited in between for its turns is of the
// queue.
func (o *observation) computed(transforming float64, waited time.Duration) {
	o.ends(predict)
	o.took[predict] -= waited
	o.took[queue] += waited
	o.took[transform] = time.Duration(transforming * float64(o.took[predict]))
	o.took[predict] -= o.took[transform]
}

// attrs are those of a line in the log.
func (o *observation) attrs(err error, requestID, traceID string) []slog.Attr {
	attrs := []slog.Attr{slog.String("code", status.Code(err).String()), slog.Int("rows", o.rows), slog.Duration("took", o.last.Sub(o.start)),
		slog.String("request_id", requestID)}
	if traceID != "" {
		attrs = append(attrs, slog.String("trace_id", traceID))
	}
	if o.version != nil {
		attrs = append(attrs, slog.String("model", o.version.Name), slog.Int64("version", o.version.Number))
	}
	if err == nil {
		for s := range stages {
			attrs = append(attrs, slog.Duration(s.String(), o.took[s]))
		}
	}
	return attrs
}

// describe tells a span about the prediction, and when the stages of a
// successful one began. Spans of their own would cost ten times as much.
func (o *observation) describe(span trace.Span, err error) {
	span.SetAttributes(attribute.Int("treehouse.rows", o.rows))
	if o.version != nil {
		span.SetAttributes(attribute.String("treehouse.model", o.version.Name), attribute.Int64("treehouse.version", o.version.Number))
	}
	if err != nil {
		return
	}
	at := o.start
	for s := range stages {
		span.AddEvent(s.String(), trace.WithTimestamp(at), trace.WithAttributes(attribute.Float64("seconds", o.took[s].Seconds())))
		at = at.Add(o.took[s])
	}
}

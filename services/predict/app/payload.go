package app

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/predict/internal/bucket"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/server"
)

// payloadPatience is how long one attempt to write a file of the log may take.
const payloadPatience = 30 * time.Second

// minFlush is what the log gets at the stop though requests took all the time.
const minFlush = 3 * time.Second

// startPayloadLog starts the log of payloads, where one is wanted. It is
// stopped after the requests, in what they leave of the stop's time.
func (a *app) startPayloadLog(reg prometheus.Registerer) ([]server.Observer, error) {
	if a.o.PayloadLog == "" {
		return nil, nil
	}
	models, err := payload.ParseModels(a.o.PayloadModels)
	if err != nil {
		return nil, err
	}
	var store payload.Store = payload.Directory(a.o.PayloadLog)
	if bucket.IsURL(a.o.PayloadLog) {
		location, err := bucket.Parse(a.o.PayloadLog)
		if err != nil {
			return nil, err
		}
		files := bucket.NewFiles(location)
		a.stack.Push("payload log's bucket", func(context.Context) error { return files.Close() })
		store = files
	}
	log := payload.New(payload.Options{
		Store: store, Models: models, BufferBytes: a.o.PayloadBufferBytes, FileBytes: a.o.PayloadBufferBytes / 4,
		Interval: a.o.PayloadInterval, Patience: payloadPatience, Instance: a.o.Instance, TraceID: traceID, Log: a.log, Registerer: reg,
	})
	a.stack.Push("payload log", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, max(minFlush, time.Until(a.stopBy)))
		defer cancel()
		return log.Close(ctx)
	})
	return []server.Observer{log}, nil
}

// traceID is that of the W3C context that a request came with, 00-TRACE-SPAN-FLAGS:
// the caller may trace, though predict does not.
func traceID(ctx context.Context) string {
	values := metadata.ValueFromIncomingContext(ctx, "traceparent")
	if len(values) != 1 {
		return ""
	}
	parts := strings.SplitN(values[0], "-", 3)
	if len(parts) < 3 || len(parts[1]) != 32 || strings.Trim(parts[1], "0123456789abcdef") != "" {
		return ""
	}
	return parts[1]
}

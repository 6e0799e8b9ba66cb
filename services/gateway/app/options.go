package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/httpapi"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// Options are everything that a running gateway can be told. Start from
// [DefaultOptions].
type Options struct {
	Address      string // of the API
	AdminAddress string
	AdminConfig  string // file of exporter-toolkit with the admin port's TLS and users; empty is plain text

	TLSCert string // file of the API's certificate; empty is plain text
	TLSKey  string // file of its key

	Auth        access.Options // who may call, and do what
	Limits      quota.Options  // how much each address may ask for
	TrustedHops int            // proxies before this one that append to X-Forwarded-For
	CORSOrigins string         // of other sites whose pages may call from a browser, with commas; empty for none

	Predict           string // predict's servers, as package discovery explains
	PredictCA         string // file of the authorities of predict's certificate; empty is plain text
	PredictCert       string // file of the client certificate; empty shows none
	PredictKey        string // file of its key
	PredictServerName string // in predict's certificate; empty for the host of Predict

	TLSReload time.Duration // between two looks at the TLS files

	DefaultModel string // of /predict; empty for predict's default

	Timeout     time.Duration // of a request, its body included
	IdleTimeout time.Duration // of a connection between requests
	MaxBody     int           // bytes of a body, and of what it decompresses to
	MaxBuffered int64         // bytes of all bodies at a time, beyond small ones; 0 for a quarter of the memory limit
	MaxRows     int           // of a request
	MaxCells    int           // of a request: rows times fields
	MaxInFlight int           // requests for inference at a time

	DrainWait   time.Duration // between not ready and the stop
	StopTimeout time.Duration // for requests in flight

	AccessLog        string // which requests have a line: errors and this many others a second; all, errors or none
	NativeHistograms bool   // beside the classic buckets

	OTLPEndpoint string  // of the collector of traces, as in telemetry.TraceOptions; empty for no tracing
	TraceSample  float64 // share of requests that are traced

	LogLevel  string
	LogFormat string
	LogOutput io.Writer

	// Watch finds the servers of k8s targets. It is handed in, because it
	// brings Kubernetes' client along, and not every program wants that.
	Watch discovery.Watch

	// Listening, if not nil, is told the addresses once both ports are open.
	Listening func(api, admin net.Addr)

	// Process, if not nil, is the process of which this is one service: then
	// AdminAddress and the options of the log do not count, and the gateway is
	// ready when the process is.
	Process *serve.Process
	// Dial, if not nil, connects to a predict in this process, instead of Predict.
	Dial func(context.Context) (net.Conn, error)
}

// DefaultOptions are right for a laptop.
func DefaultOptions() Options {
	return Options{
		Address:      ":8080",
		AdminAddress: ":9090",
		Predict:      "localhost:9000",
		TLSReload:    5 * time.Second,
		Timeout:      10 * time.Second,
		// Longer than the 60 seconds of AWS's load balancers: when they close
		// first, no request meets a connection that is closing.
		IdleTimeout: 75 * time.Second,
		MaxBody:     32 << 20,
		MaxRows:     100_000,
		MaxCells:    4 << 20,
		MaxInFlight: 1024,
		StopTimeout: 20 * time.Second,
		AccessLog:   "20",
		TraceSample: 0.01,
		LogLevel:    "info",
		LogFormat:   "json",
	}
}

// Validate rejects what would fail later or surprise. The target in Predict is
// checked when the gateway connects.
func (o *Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if err := o.Auth.Validate(); err != nil {
		errs = append(errs, err)
	}
	if err := o.Limits.Validate(); err != nil {
		errs = append(errs, err)
	}
	check((o.TLSCert == "") == (o.TLSKey == ""), "tls-cert is %q and tls-key is %q; expected both or neither", o.TLSCert, o.TLSKey)
	check((o.PredictCert == "") == (o.PredictKey == ""), "predict-cert is %q and predict-key is %q; expected both or neither", o.PredictCert, o.PredictKey)
	check(o.PredictCA != "" || o.PredictCert == "", "predict-cert is %q without predict-ca; expected the authorities of predict's certificate, too", o.PredictCert)
	check(o.PredictCA != "" || o.PredictServerName == "", "predict-server-name is %q without predict-ca; expected the authorities of predict's certificate, too", o.PredictServerName)
	check(o.TLSReload > 0, "the time between two looks at the TLS files is %v; expected more than 0", o.TLSReload)
	check(o.TrustedHops >= 0 && o.TrustedHops <= 10, "trusted-hops is %d; expected 0 to 10", o.TrustedHops)
	check(o.Timeout > 0, "timeout is %v; expected more than 0", o.Timeout)
	check(o.IdleTimeout > 0, "idle-timeout is %v; expected more than 0", o.IdleTimeout)
	check(o.MaxBody > 0 && o.MaxBody <= 1<<30, "max-body is %d; expected 1 to %d", o.MaxBody, 1<<30)
	check(o.MaxBuffered == 0 || o.MaxBuffered >= 2*int64(o.MaxBody), "max-buffered is %d; expected 0, or at least twice max-body, which is %d", o.MaxBuffered, o.MaxBody)
	check(o.MaxRows > 0 && o.MaxRows <= 1<<30, "max-rows is %d; expected 1 to %d", o.MaxRows, 1<<30)
	check(o.MaxCells > 0 && o.MaxCells <= 1<<30, "max-cells is %d; expected 1 to %d", o.MaxCells, 1<<30)
	check(o.MaxInFlight > 0, "max-in-flight is %d; expected more than 0", o.MaxInFlight)
	check(o.DrainWait >= 0, "drain-wait is %v; expected 0 or more", o.DrainWait)
	check(o.StopTimeout > 0, "stop-timeout is %v; expected more than 0", o.StopTimeout)
	if _, err := httpapi.ParseAccessLog(o.AccessLog); err != nil {
		errs = append(errs, err)
	}
	if _, err := httpapi.ParseOrigins(o.CORSOrigins); err != nil {
		errs = append(errs, err)
	}
	check(o.LogOutput != nil || o.Process != nil, "there is no output for the log")
	tracing := o.tracing(buildinfo.Info{}, nil, nil)
	if err := tracing.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (o *Options) tracing(build buildinfo.Info, log *slog.Logger, reg prometheus.Registerer) telemetry.TraceOptions {
	return telemetry.TraceOptions{Endpoint: o.OTLPEndpoint, Sample: o.TraceSample, Build: build, Log: log, Registerer: reg}
}

// buffered is how many bytes all bodies may have at a time, in a process that
// may use limit bytes (0: as many as it likes). A body takes its bytes, and
// what is decoded, sent and answered about as many again: a quarter leaves room.
func (o *Options) buffered(limit int64) int64 {
	switch {
	case o.MaxBuffered > 0:
		return o.MaxBuffered
	case limit == 0:
		return 256 << 20
	}
	return max(limit/4, 2*int64(o.MaxBody)) // a buffer that grows is there twice
}

package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	"github.com/treehouse-ml/treehouse/services/predict/internal/bucket"
	"github.com/treehouse-ml/treehouse/services/predict/internal/cache"
	"github.com/treehouse-ml/treehouse/services/predict/internal/catalog"
	"github.com/treehouse-ml/treehouse/services/predict/internal/drift"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// Options are everything that a running service can be told. Start from
// [DefaultOptions].
type Options struct {
	GRPCAddress  string
	AdminAddress string
	AdminConfig  string // file of exporter-toolkit with the admin port's TLS and users; empty is plain text
	ProbeAddress string // of /livez and /readyz alone, in plain text; empty opens none

	TLSCert     string        // file of the gRPC listener's certificate; empty is plain text
	TLSKey      string        // file of its key
	TLSClientCA string        // file of the authorities of client certificates; empty asks for none
	TLSReload   time.Duration // between two looks at these files

	Auth   access.Options // who may call, and do what
	Limits quota.Options  // how much they may ask for

	Repository         string // directory of models, or URL in an object store; or else
	Model              string // one model, served as version 1: a model file, or a directory that holds one
	ModelName          string // its name; empty means that of the file or directory, without extensions
	Desired            string // file of the desired set; empty serves everything found
	DefaultModel       string // that answers when none is named; empty means the only one that answers
	Load               string // startup or on-demand
	ModelControl       string // none or explicit
	RequireCertificate bool
	AllowUntested      bool
	MaxModelBytes      int64
	Rescan             time.Duration // 0 means 10 s for what is on disk, a minute for an object store
	Cache              string        // directory for downloads from an object store; empty keeps none
	CacheBytes         int64         // that it holds at most

	PayloadLog         string        // directory or URL in an object store; empty logs no payloads
	PayloadModels      string        // that are logged, as in housing,churn=0.1, with the share of their requests
	PayloadBufferBytes int64         // most memory for what is not written yet
	PayloadInterval    time.Duration // after which it is written
	Instance           string        // names this process in the files of the log

	MaxRows         int           // of a request
	MaxMessageBytes int           // of a request
	Timeout         time.Duration // of a prediction whose caller gave no deadline
	InFlight        int           // predictions at once; 0 means twice the processors
	Queue           int           // predictions waiting; negative none
	QueueWait       time.Duration // of a prediction, as expected when it comes; 0 does not bound it

	MaxConnectionAge     time.Duration // 0 is for ever
	MaxConcurrentStreams int           // of one connection

	Drift         string // off or default
	DriftFeatures string // whose bins are counted, see drift.ParseSelection

	ResponseCache string // models whose answers are kept, and how much of them, see cache.ParseLimits

	DrainWait   time.Duration // between not ready and the stop
	StopTimeout time.Duration // for requests in flight

	NativeHistograms bool // beside the classic buckets

	OTLPEndpoint string  // of the collector of traces, as in telemetry.TraceOptions; empty for no tracing
	TraceSample  float64 // share of requests that are traced

	LogLevel  string
	LogFormat string
	LogOutput io.Writer

	// Listening, if not nil, is told the addresses once both ports are open.
	Listening func(grpc, admin net.Addr)

	// Process, if not nil, is the process of which this is one service: then
	// AdminAddress and the options of the log do not count.
	Process *serve.Process
	// Listener, if not nil, is served besides GRPCAddress, and closed at the stop.
	Listener net.Listener
}

// DefaultOptions are right for a laptop.
func DefaultOptions() Options {
	return Options{
		GRPCAddress:          ":9000",
		AdminAddress:         ":9091",
		TLSReload:            5 * time.Second,
		Repository:           "models",
		Load:                 "startup",
		ModelControl:         "none",
		MaxModelBytes:        1 << 30,
		CacheBytes:           10 << 30,
		PayloadBufferBytes:   64 << 20,
		PayloadInterval:      5 * time.Minute,
		MaxRows:              100_000,
		MaxMessageBytes:      64 << 20,
		Timeout:              30 * time.Second,
		Queue:                1024,
		QueueWait:            time.Second,
		MaxConnectionAge:     5 * time.Minute,
		MaxConcurrentStreams: 1000,
		Drift:                "default",
		StopTimeout:          20 * time.Second,
		TraceSample:          0.01,
		LogLevel:             "info",
		LogFormat:            "json",
	}
}

// Validate rejects what would fail later or surprise.
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
	check(!o.Auth.Certificates || o.TLSClientCA != "", "auth-mtls is set without tls-client-ca; expected the authorities that sign client certificates, too")
	check(o.Repository != "" || o.Model != "", "repository is empty; expected a directory of models")
	check(o.Repository == "" || o.Model == "", "repository is %q and model %q; expected one of them", o.Repository, o.Model)
	check(o.Model == "" || store.ValidName(o.modelName()),
		"model-name is %q; expected letters, digits, '.', '-' and '_', at most 128", o.modelName())
	check(o.Model != "" || o.ModelName == "", "model-name is %q without a model to name", o.ModelName)
	check((o.TLSCert == "") == (o.TLSKey == ""), "tls-cert is %q and tls-key is %q; expected both or neither", o.TLSCert, o.TLSKey)
	check(o.TLSClientCA == "" || o.TLSCert != "", "tls-client-ca is %q without tls-cert; expected a certificate for the listener, too", o.TLSClientCA)
	check(o.TLSReload > 0, "the time between two looks at the TLS files is %v; expected more than 0", o.TLSReload)
	check(o.Load == "startup" || o.Load == "on-demand", "load is %q; expected startup or on-demand", o.Load)
	check(o.ModelControl == "none" || o.ModelControl == "explicit", "model-control is %q; expected none or explicit", o.ModelControl)
	check(o.MaxModelBytes > 0, "max-model-bytes is %d; expected more than 0", o.MaxModelBytes)
	check(o.Rescan == 0 || o.Rescan >= 100*time.Millisecond, "rescan is %v; expected 0 or at least 100ms", o.Rescan)
	check(o.CacheBytes > 0, "cache-bytes is %d; expected more than 0", o.CacheBytes)
	if bucket.IsURL(o.Repository) {
		_, err := bucket.Parse(o.Repository)
		check(err == nil, "repository: %v", err)
	} else {
		check(o.Cache == "", "cache is %q; expected none without an object store", o.Cache)
	}
	o.checkPayload(check)
	check(o.MaxRows > 0 && o.MaxRows <= 1<<30, "max-rows is %d; expected 1 to %d", o.MaxRows, 1<<30)
	check(o.MaxMessageBytes > 0 && o.MaxMessageBytes <= 1<<30, "max-message-bytes is %d; expected 1 to %d", o.MaxMessageBytes, 1<<30)
	check(o.Timeout >= 0, "timeout is %v; expected 0 or more", o.Timeout)
	check(o.InFlight >= 0, "in-flight is %d; expected 0 or more", o.InFlight)
	check(o.QueueWait >= 0, "queue-wait is %v; expected 0 or more", o.QueueWait)
	check(o.MaxConnectionAge >= 0, "max-connection-age is %v; expected 0 or more", o.MaxConnectionAge)
	check(o.MaxConcurrentStreams > 0 && o.MaxConcurrentStreams <= 1<<30, "max-concurrent-streams is %d; expected 1 to %d", o.MaxConcurrentStreams, 1<<30)
	check(o.Drift == "off" || o.Drift == "default", "drift is %q; expected off or default", o.Drift)
	_, err := drift.ParseSelection(o.DriftFeatures)
	check(err == nil, "drift-features: %v", err)
	_, err = cache.ParseLimits(o.ResponseCache)
	check(err == nil, "response-cache: %v", err)
	check(o.DrainWait >= 0, "drain-wait is %v; expected 0 or more", o.DrainWait)
	check(o.StopTimeout > 0, "stop-timeout is %v; expected more than 0", o.StopTimeout)
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

func (o *Options) checkPayload(check func(ok bool, format string, args ...any)) {
	if o.PayloadLog == "" {
		check(o.PayloadModels == "", "payload-models is %q without a payload-log to write to", o.PayloadModels)
		return
	}
	_, err := payload.ParseModels(o.PayloadModels)
	check(err == nil, "payload-models: %v", err)
	if bucket.IsURL(o.PayloadLog) {
		_, err := bucket.Parse(o.PayloadLog)
		check(err == nil, "payload-log: %v", err)
	}
	check(o.PayloadBufferBytes >= 1<<20, "payload-buffer-bytes is %d; expected at least %d", o.PayloadBufferBytes, 1<<20)
	check(o.PayloadInterval >= time.Second, "payload-interval is %v; expected at least 1s", o.PayloadInterval)
	check(o.Instance != "", "there is no name for the files of the payload log")
}

// IsModel reports whether path is for Options.Model, one model file or a
// directory that holds one, rather than a repository of models.
func IsModel(path string) bool { return store.IsModel(path) }

func (o *Options) modelName() string {
	if o.ModelName != "" {
		return o.ModelName
	}
	return store.ModelName(o.Model)
}

// location is where models come from, for the log.
func (o *Options) location() string {
	if o.Model != "" {
		return o.Model
	}
	return o.Repository
}

// rescan is how often the repository is read though nothing seems to have
// changed. Changes on disk are watched, too; in an object store each look
// costs requests.
func (o *Options) rescan() time.Duration {
	switch {
	case o.Rescan != 0:
		return o.Rescan
	case bucket.IsURL(o.Repository):
		return time.Minute
	}
	return 10 * time.Second
}

// repository opens where models come from. It is to be closed.
func (o *Options) repository() (_ catalog.Repository, closeIt func() error, err error) {
	none := func() error { return nil }
	switch {
	case o.Model != "":
		return store.Single{Name: o.modelName(), Path: o.Model}, none, nil
	case !bucket.IsURL(o.Repository):
		return store.Directory(o.Repository), none, nil
	}
	location, err := bucket.Parse(o.Repository)
	if err != nil {
		return nil, nil, err
	}
	b, err := bucket.New(location, o.Cache, o.CacheBytes)
	if err != nil {
		return nil, nil, err
	}
	return b, b.Close, nil
}

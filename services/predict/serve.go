package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/internal/memory"
	"github.com/treehouse-ml/treehouse/services/predict/app"
)

const serveHelp = `predict serve [flags]

Serve the models of a repository, <repository>/<model>/<version>/, over gRPC:
the typed API treehouse.predict.v1 and the Open Inference Protocol. Without a
desired set every version found is served, the newest by default. Changes are
picked up while serving. SIGTERM and SIGINT stop it cleanly, a second one at
once.`

func serve(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("serve", serveHelp, &buffered)
	o := app.DefaultOptions()
	o.LogOutput = p.err
	o.Instance, _ = os.Hostname() // the pod's
	serveFlags(flags, &o)
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	if flags.NArg() > 0 {
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	}
	if err := o.Validate(); err != nil {
		return exit(flags, p, misused("%v", err))
	}
	memory.Limit(0)
	memory.Spare()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal is not caught
	return exit(flags, p, app.Run(ctx, o))
}

func serveFlags(f *flagenv.Set, o *app.Options) {
	f.StringVar(&o.GRPCAddress, "grpc-address", o.GRPCAddress, "listen on this `address` for gRPC")
	f.StringVar(&o.AdminAddress, "admin-address", o.AdminAddress, "listen on this `address` for /metrics, /livez, /readyz, /version and /debug/pprof/")
	f.StringVar(&o.AdminConfig, "admin-config", o.AdminConfig, "a `file` with TLS and passwords of the admin port, as Prometheus's exporters take it; without it metrics are plain text for everybody")
	f.StringVar(&o.ProbeAddress, "probe-address", o.ProbeAddress, "listen on this `address` for /livez and /readyz alone, in plain text, for a kubelet that the admin port asks too much")
	f.StringVar(&o.TLSCert, "tls-cert", o.TLSCert, "a `file` with the certificate of the gRPC listener and its intermediates, in PEM format; without it the listener speaks plain text")
	f.StringVar(&o.TLSKey, "tls-key", o.TLSKey, "a `file` with the certificate's private key, in PEM format")
	f.StringVar(&o.TLSClientCA, "tls-client-ca", o.TLSClientCA, "a `file` with the authorities that sign client certificates, in PEM format; clients must then show one")

	o.Auth.Flags(f.FlagSet)
	o.Auth.CertificateFlag(f.FlagSet)
	o.Limits.Flags(f.FlagSet)
	o.Limits.RedisFlags(f.FlagSet)

	f.StringVar(&o.Repository, "repository", o.Repository, "the `directory` of models, or where they are in an object store: s3://bucket/prefix?region=…, gs://… or azblob://…")
	f.Alias("repository", "MODEL_REPOSITORY")
	f.StringVar(&o.Desired, "desired", o.Desired, "a `file` with the desired set, models: [{name, version, sha256, default, objectVersion}]; exactly these are served")
	f.StringVar(&o.DefaultModel, "default-model", o.DefaultModel, "the `model` that answers when a request names none; by default the only one that answers")
	f.StringVar(&o.Load, "load", o.Load, "when to load models, `mode` startup or on-demand")
	f.StringVar(&o.ModelControl, "model-control", o.ModelControl, "whether models can be loaded and unloaded by request, `mode` none or explicit")
	f.BoolVar(&o.RequireCertificate, "require-certificate", o.RequireCertificate, "refuse a version without golden.json")
	f.BoolVar(&o.AllowUntested, "allow-untested", o.AllowUntested, "accept models of library versions that were never tested, without a certificate")
	f.Int64Var(&o.MaxModelBytes, "max-model-bytes", o.MaxModelBytes, "the greatest size of a model file, in `bytes`")
	f.DurationVar(&o.Rescan, "rescan", o.Rescan, "how `often` the repository is read even when nothing seems to have changed; 0 is 10s for a directory, 1m for an object store")
	f.StringVar(&o.Cache, "cache", o.Cache, "a `directory` that keeps what was read from an object store for the next start; by default nothing is kept")
	f.Int64Var(&o.CacheBytes, "cache-bytes", o.CacheBytes, "the most `bytes` that the cache holds")

	f.StringVar(&o.PayloadLog, "payload-log", o.PayloadLog, "a `directory`, or a URL as of a repository in an object store, in which the rows and answers of --payload-models are logged")
	f.StringVar(&o.PayloadModels, "payload-models", o.PayloadModels, "the `models` whose payloads are logged, as in housing,churn=0.1: with =SHARE that share of their requests")
	f.Int64Var(&o.PayloadBufferBytes, "payload-buffer-bytes", o.PayloadBufferBytes, "the most memory for payloads that are not written yet, in `bytes`; beyond, they are dropped and counted")
	f.DurationVar(&o.PayloadInterval, "payload-interval", o.PayloadInterval, "write payloads after this `time`, or when they fill a quarter of the buffer")
	f.StringVar(&o.Instance, "instance", o.Instance, "the `name` of this process in the names of files that it writes, by default the host's")

	f.IntVar(&o.MaxRows, "max-rows", o.MaxRows, "the most `rows` of a request")
	f.IntVar(&o.MaxMessageBytes, "max-message-bytes", o.MaxMessageBytes, "the greatest size of a request, in `bytes`")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "the `time` for a call whose caller gave no deadline, from its header to its answer; 0 does not bound it")
	f.IntVar(&o.InFlight, "in-flight", o.InFlight, "the most predictions at once, a `number`; 0 means twice the processors")
	f.IntVar(&o.Queue, "queue", o.Queue, "the most predictions that wait; a negative `number` is none")
	f.DurationVar(&o.QueueWait, "queue-wait", o.QueueWait, "refuse a prediction that would wait longer than this `time`; 0 refuses none for that")
	f.DurationVar(&o.MaxConnectionAge, "max-connection-age", o.MaxConnectionAge, "the `time` after which a connection is ended, so that clients find new servers; 0 is never")
	f.IntVar(&o.MaxConcurrentStreams, "max-concurrent-streams", o.MaxConcurrentStreams, "the most calls at once on one connection, a `number`")

	f.StringVar(&o.Drift, "drift", o.Drift, "`what` of drift is counted, default or off: what is missing, unseen or out of range, and how predictions are distributed")
	f.StringVar(&o.DriftFeatures, "drift-features", o.DriftFeatures, "the `features` whose distributions are counted, too: housing=median_income,households;churn=*")
	f.StringVar(&o.ResponseCache, "response-cache", o.ResponseCache, "the `models` whose answers are kept, row by row, so that what is asked again is not computed again, and the most memory for them: housing=64MiB,churn=1GiB")

	f.DurationVar(&o.DrainWait, "drain-wait", o.DrainWait, "the `time` between not being ready and the stop, in which traffic goes elsewhere")
	f.DurationVar(&o.StopTimeout, "stop-timeout", o.StopTimeout, "the `time` that requests in flight get at the stop")
	f.BoolVar(&o.NativeHistograms, "native-histograms", o.NativeHistograms, "expose latencies as native histograms, too, for a Prometheus that scrapes them")
	f.StringVar(&o.OTLPEndpoint, "otlp-endpoint", o.OTLPEndpoint, "`address` of an OpenTelemetry collector that takes traces by OTLP over gRPC: host:port, or https://host:port; empty for no tracing")
	f.Float64Var(&o.TraceSample, "trace-sample", o.TraceSample, "`share` of the requests that are traced, 0 to 1, where the caller does not say; at most 10 a second, unless it is 1")
	f.StringVar(&o.LogLevel, "log-level", o.LogLevel, "debug, info, warn or error, the least `level` that is logged")
	f.StringVar(&o.LogFormat, "log-format", o.LogFormat, "json or text, the `format` of the log")
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	predict "github.com/treehouse-ml/treehouse/services/predict/app"
	"github.com/treehouse-ml/treehouse/services/standalone/app"
)

// settings are the options and the flags that become several of them.
type settings struct {
	app.Options
	dir, name                     string
	host                          string
	httpPort, grpcPort, adminPort uint
}

// newSettings defines the flags. What they tell is written to told; the log
// will be written to log.
func newSettings(told, log io.Writer) (*settings, *flagenv.Set) {
	s := &settings{Options: app.DefaultOptions(), dir: "/mnt/models", httpPort: 8080, grpcPort: 9000, adminPort: 9090}
	if terminal(log) {
		s.LogFormat = "text"
	}
	flags := flagenv.New("serve", serveHelp, told)
	s.define(flags)
	return s, flags
}

// read makes options of arguments and environment.
func (s *settings) read(flags *flagenv.Set, args []string, getenv func(string) string) (app.Options, error) {
	path, args := split(args)
	if err := flags.Parse(args, getenv); err != nil {
		return app.Options{}, err
	}
	rest := flags.Args()
	if path == "" && len(rest) > 0 {
		if path, rest = rest[0], rest[1:]; path == "" {
			return app.Options{}, errors.New("PATH is empty; expected a model or a repository of models")
		}
	}
	if len(rest) > 0 {
		return app.Options{}, fmt.Errorf("unexpected argument %q", rest[0])
	}
	if path != "" {
		s.dir = path
	}
	return s.options()
}

func (s *settings) define(f *flagenv.Set) {
	g, p := &s.Gateway, &s.Predict
	f.StringVar(&s.dir, "model-dir", s.dir, "the `path` to serve when no PATH is given; KServe puts models there")
	f.StringVar(&s.name, "model-name", s.name, "the `name` of the model, by default that of its file or folder; of a repository, the model that answers when none is named")
	f.StringVar(&p.Cache, "cache", p.Cache, "keep models from an object store in this `directory`; by default none is kept")
	f.Int64Var(&p.CacheBytes, "cache-bytes", p.CacheBytes, "the most that --cache holds, in `bytes`; what was used longest ago goes first")
	f.StringVar(&p.Desired, "desired", p.Desired, "of a repository, a `file` with the desired set, models: [{name, version, sha256, default}]; exactly these are served")
	f.StringVar(&p.ModelControl, "model-control", p.ModelControl, "of a repository, whether models can be loaded and unloaded by request, `mode` none or explicit")
	f.BoolVar(&p.RequireCertificate, "require-certificate", p.RequireCertificate, "refuse a version without golden.json")
	f.BoolVar(&p.AllowUntested, "allow-untested", p.AllowUntested, "accept models of library versions that were never tested, without a certificate")
	f.Int64Var(&p.MaxModelBytes, "max-model-bytes", p.MaxModelBytes, "the greatest size of a model file, in `bytes`")

	f.StringVar(&s.host, "host", s.host, "listen on this `address` only")
	f.UintVar(&s.httpPort, "http-port", s.httpPort, "the `port` of the HTTP API")
	f.UintVar(&s.grpcPort, "grpc-port", s.grpcPort, "the `port` of the gRPC API")
	f.UintVar(&s.adminPort, "admin-port", s.adminPort, "the `port` of /metrics, /livez, /readyz, /version and /debug/pprof/")
	f.StringVar(&s.AdminConfig, "admin-config", s.AdminConfig, "a `file` with TLS and passwords of the admin port, as Prometheus's exporters take it; without it metrics are plain text for everybody")
	f.StringVar(&g.TLSCert, "tls-cert", g.TLSCert, "serve both APIs over TLS with the certificate in this `file`; it is read again when it changes")
	f.StringVar(&g.TLSKey, "tls-key", g.TLSKey, "the `file` of its key")

	s.Auth.Flags(f.FlagSet)
	f.StringVar(&g.CORSOrigins, "cors-origins", g.CORSOrigins, "`origins` of other sites whose pages may call from a browser, as https://app.example.com, with commas; empty for none")
	p.Limits.Flags(f.FlagSet)
	p.Limits.RedisFlags(f.FlagSet)
	g.Limits.AddressFlags(f.FlagSet)
	f.IntVar(&g.TrustedHops, "trusted-hops", g.TrustedHops, "`number` of proxies before this one that append to X-Forwarded-For; 0 takes the peer of the connection for the client")

	f.DurationVar(&g.Timeout, "timeout", g.Timeout, "the `time` for a request over HTTP, its body included; a client may ask for less")
	f.IntVar(&g.MaxBody, "max-body", g.MaxBody, "the greatest body of a request over HTTP, in `bytes`, and what it decompresses to")
	f.IntVar(&p.MaxRows, "max-rows", p.MaxRows, "the most `rows` of a request")
	f.IntVar(&p.InFlight, "in-flight", p.InFlight, "the most predictions at once, a `number`; 0 means twice the processors")
	f.IntVar(&p.Queue, "queue", p.Queue, "the most predictions that wait; a negative `number` is none")

	f.StringVar(&p.Drift, "drift", p.Drift, "`what` of drift is counted, default or off: what is missing, unseen or out of range, and how predictions are distributed")
	f.StringVar(&p.DriftFeatures, "drift-features", p.DriftFeatures, "the `features` whose distributions are counted, too: housing=median_income,households;churn=*")
	f.StringVar(&p.ResponseCache, "response-cache", p.ResponseCache, "the `models` whose answers are kept, row by row, so that what is asked again is not computed again, and the most memory for them: housing=64MiB,churn=1GiB")

	p.Instance, _ = os.Hostname()
	f.StringVar(&p.PayloadLog, "payload-log", p.PayloadLog, "a `directory`, or a URL in an object store, in which the rows and answers of --payload-models are logged")
	f.StringVar(&p.PayloadModels, "payload-models", p.PayloadModels, "the `models` whose payloads are logged, as in housing,churn=0.1: with =SHARE that share of their requests")

	f.DurationVar(&s.DrainWait, "drain-wait", s.DrainWait, "the `time` between not being ready and the stop, in which traffic goes elsewhere")
	f.DurationVar(&s.StopTimeout, "stop-timeout", s.StopTimeout, "the `time` that requests in flight get at the stop")
	f.BoolVar(&s.NativeHistograms, "native-histograms", s.NativeHistograms, "expose latencies as native histograms, too, for a Prometheus that scrapes them")
	f.StringVar(&s.OTLPEndpoint, "otlp-endpoint", s.OTLPEndpoint, "`address` of an OpenTelemetry collector that takes traces by OTLP over gRPC: host:port, or https://host:port; empty for no tracing")
	f.Float64Var(&s.TraceSample, "trace-sample", s.TraceSample, "`share` of the requests that are traced, 0 to 1, where the caller does not say; at most 10 a second, unless it is 1")
	f.StringVar(&g.AccessLog, "access-log", g.AccessLog, "`which` requests have a line: errors of this side and this many others a second; or all, errors, none")
	f.StringVar(&s.LogLevel, "log-level", s.LogLevel, "debug, info, warn or error, the least `level` that is logged")
	f.StringVar(&s.LogFormat, "log-format", s.LogFormat, "json or text, the `format` of the log; by default text on a terminal")
}

// options puts together what several flags say.
func (s *settings) options() (app.Options, error) {
	o := s.Options
	o.Predict.TLSCert, o.Predict.TLSKey = o.Gateway.TLSCert, o.Gateway.TLSKey
	if err := s.source(&o.Predict); err != nil {
		return o, err
	}
	o.Gateway.MaxRows = o.Predict.MaxRows
	for _, a := range []struct {
		name    string
		port    uint
		address *string
	}{
		{"http-port", s.httpPort, &o.Gateway.Address},
		{"grpc-port", s.grpcPort, &o.Predict.GRPCAddress},
		{"admin-port", s.adminPort, &o.AdminAddress},
	} {
		if a.port > 65535 {
			return o, fmt.Errorf("%s is %d; expected 0 to 65535", a.name, a.port)
		}
		*a.address = net.JoinHostPort(s.host, strconv.FormatUint(uint64(a.port), 10))
	}
	return o, nil
}

// source tells a model from a repository.
func (s *settings) source(p *predict.Options) error {
	if strings.Contains(s.dir, "://") {
		p.Repository, p.DefaultModel = s.dir, s.name
		return nil
	}
	if s.dir == "" { // which would be this directory
		return errors.New("model-dir is empty; expected a model or a repository of models")
	}
	path, err := filepath.Abs(s.dir) // the name of "." is in it
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is nothing to serve: %w", err)
	}
	if predict.IsModel(path) {
		p.Model, p.ModelName, p.Repository = path, s.name, ""
	} else {
		p.Repository, p.DefaultModel = path, s.name
	}
	return nil
}

// split takes the path off the front of the arguments, where it may stand
// before the flags, and writes the flags' names with dashes.
func split(args []string) (path string, rest []string) {
	if len(args) > 0 && args[0] != "" && !strings.HasPrefix(args[0], "-") {
		path, args = args[0], args[1:]
	}
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			name, value, valued := strings.Cut(arg, "=")
			arg = strings.ReplaceAll(name, "_", "-")
			if valued {
				arg += "=" + value
			}
		}
		rest = append(rest, arg)
	}
	return path, rest
}

// terminal reports whether a person reads what is written to w.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

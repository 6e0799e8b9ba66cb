// Command gateway answers predictions over HTTP by asking predict over gRPC.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/gateway/app"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/endpointslice"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/internal/memory"
)

const synopsis = `Usage: gateway [flags]
       gateway check [flags] URL
       gateway version

Serves predictions over HTTP: /predict, the protocols V1 and V2 (Open Inference
Protocol) and their documentation at /docs. The models are predict's.`

func main() { os.Exit(run()) }

func run() int {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		return runCheck(os.Args[2:], os.Stdout, os.Stderr)
	}
	o := app.DefaultOptions()
	o.LogOutput, o.Watch = os.Stderr, endpointslice.Watch
	f := flagenv.New("gateway", synopsis, os.Stderr)
	f.StringVar(&o.Address, "http-address", o.Address, "`address` of the API")
	f.StringVar(&o.AdminAddress, "admin-address", o.AdminAddress, "`address` of metrics, probes and profiles")
	f.StringVar(&o.AdminConfig, "admin-config", o.AdminConfig, "`file` with TLS and passwords of the admin port, as Prometheus's exporters take it; without it metrics are plain text for everybody")
	f.StringVar(&o.Predict, "predict", o.Predict, "`target`: predict's servers, as k8s:///service:port, dns:///host:port, or host:port,host:port")
	f.StringVar(&o.TLSCert, "tls-cert", o.TLSCert, "`file` with the certificate of the API and its intermediates, in PEM format; without it the API is plain text")
	f.StringVar(&o.TLSKey, "tls-key", o.TLSKey, "`file` with the certificate's private key, in PEM format")
	o.Auth.Flags(f.FlagSet)
	o.Limits.AddressFlags(f.FlagSet)
	o.Limits.RedisFlags(f.FlagSet)
	f.IntVar(&o.TrustedHops, "trusted-hops", o.TrustedHops, "`number` of proxies before this one that append to X-Forwarded-For: 1 behind an ALB; 0 takes the peer of the connection for the client")
	f.StringVar(&o.CORSOrigins, "cors-origins", o.CORSOrigins, "`origins` of other sites whose pages may call from a browser, as https://app.example.com, with commas; empty for none")
	f.StringVar(&o.PredictCA, "predict-ca", o.PredictCA, "`file` with the authorities that sign predict's certificate, in PEM format; without it predict is called in plain text")
	f.StringVar(&o.PredictCert, "predict-cert", o.PredictCert, "`file` with the client certificate that is shown to predict, in PEM format")
	f.StringVar(&o.PredictKey, "predict-key", o.PredictKey, "`file` with the client certificate's private key, in PEM format")
	f.StringVar(&o.PredictServerName, "predict-server-name", o.PredictServerName, "`name` in predict's certificate; empty for the host or Service that --predict names")
	f.StringVar(&o.DefaultModel, "default-model", o.DefaultModel, "`name` of the model that /predict asks; empty for predict's own default")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "of a request, its body included; a client may ask for less")
	f.DurationVar(&o.IdleTimeout, "idle-timeout", o.IdleTimeout, "of a connection between requests; keep it above the load balancer's")
	f.IntVar(&o.MaxBody, "max-body", o.MaxBody, "`bytes` of a body, and of what it decompresses to")
	f.Int64Var(&o.MaxBuffered, "max-buffered", o.MaxBuffered, "`bytes` of all bodies at a time; 0 is a quarter of the memory limit")
	f.IntVar(&o.MaxRows, "max-rows", o.MaxRows, "`rows` of a request")
	f.IntVar(&o.MaxCells, "max-cells", o.MaxCells, "`values` of a request: rows times fields")
	f.IntVar(&o.MaxInFlight, "max-in-flight", o.MaxInFlight, "`requests` for inference at a time; more are told to come back")
	f.DurationVar(&o.DrainWait, "drain-wait", o.DrainWait, "between not ready and the stop, for load balancers to notice")
	f.DurationVar(&o.StopTimeout, "stop-timeout", o.StopTimeout, "for requests in flight at the stop")
	f.BoolVar(&o.NativeHistograms, "native-histograms", o.NativeHistograms, "expose latencies as native histograms, too, for a Prometheus that scrapes them")
	f.StringVar(&o.OTLPEndpoint, "otlp-endpoint", o.OTLPEndpoint, "`address` of an OpenTelemetry collector that takes traces by OTLP over gRPC: host:port, or https://host:port; empty for no tracing")
	f.Float64Var(&o.TraceSample, "trace-sample", o.TraceSample, "`share` of the requests that are traced, 0 to 1, where the caller does not say; at most 10 a second, unless it is 1")
	f.StringVar(&o.AccessLog, "access-log", o.AccessLog, "`which` requests have a line: errors of this side and this many others a second; or all, errors, none")
	f.StringVar(&o.LogLevel, "log-level", o.LogLevel, "`level`: debug, info, warn or error")
	f.StringVar(&o.LogFormat, "log-format", o.LogFormat, "`format`: json or text")
	if err := f.Parse(os.Args[1:], os.Getenv); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if f.NArg() == 1 && f.Arg(0) == "version" {
		fmt.Println(buildinfo.Get("gateway"))
		return 0
	}
	if f.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "gateway: unexpected argument %q\n", f.Arg(0))
		return 2
	}
	collectRarely()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal ends the process at once
	if err := app.Run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		return 1
	}
	return 0
}

// collectRarely trades some 20 MB for a tenth of the processor time: a gateway
// keeps next to nothing alive between requests, so that Go would collect its
// garbage after every 4 MB. The limit takes it back when requests are large.
// A container that has less lowers it. GOGC and GOMEMLIMIT still win.
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	memory.Limit(384 << 20)
	memory.Spare()
}

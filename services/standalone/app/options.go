package app

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	gateway "github.com/treehouse-ml/treehouse/services/gateway/app"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	predict "github.com/treehouse-ml/treehouse/services/predict/app"
)

// Options are everything that a running process can be told. Start from
// [DefaultOptions].
type Options struct {
	// Gateway and Predict are the two services' own. What is below replaces
	// what both of them have.
	Gateway gateway.Options
	Predict predict.Options

	Auth access.Options // who may call, and do what

	AdminAddress string
	AdminConfig  string // file of exporter-toolkit with the admin port's TLS and users; empty is plain text

	DrainWait   time.Duration // between not ready and the stop
	StopTimeout time.Duration // for requests in flight

	NativeHistograms bool
	OTLPEndpoint     string  // of the collector of traces; empty for no tracing
	TraceSample      float64 // share of requests that are traced

	LogLevel  string
	LogFormat string
	LogOutput io.Writer

	// Greeting, if not nil, is told how to ask the models once they answer.
	Greeting io.Writer

	// Listening, if not nil, is told the addresses once all ports are open.
	Listening func(Addresses)
}

// Addresses are where a process listens.
type Addresses struct{ API, GRPC, Admin net.Addr }

// DefaultOptions are right for a laptop.
func DefaultOptions() Options {
	o := Options{
		Gateway:      gateway.DefaultOptions(),
		Predict:      predict.DefaultOptions(),
		AdminAddress: ":9090",
		StopTimeout:  20 * time.Second,
		TraceSample:  0.01,
		LogLevel:     "info",
		LogFormat:    "json",
	}
	return o
}

// Validate rejects what would fail later or surprise.
func (o *Options) Validate() error {
	var errs []error
	if o.DrainWait < 0 {
		errs = append(errs, fmt.Errorf("drain-wait is %v; expected 0 or more", o.DrainWait))
	}
	if o.StopTimeout <= 0 {
		errs = append(errs, fmt.Errorf("stop-timeout is %v; expected more than 0", o.StopTimeout))
	}
	if o.LogOutput == nil {
		return errors.Join(append(errs, errors.New("there is no output for the log"))...)
	}
	g, p := o.services()
	p.Auth = access.Options{Mode: access.Off} // the gateway's tells the same
	return errors.Join(append(errs, g.Validate(), p.Validate())...)
}

// services are the options of the two, with what they share.
func (o *Options) services() (gateway.Options, predict.Options) {
	g, p := o.Gateway, o.Predict
	g.LogLevel, g.LogFormat, g.LogOutput = o.LogLevel, o.LogFormat, o.LogOutput
	p.LogLevel, p.LogFormat, p.LogOutput = o.LogLevel, o.LogFormat, o.LogOutput
	// The gateway drains for both: predict is told to stop when it has ended.
	g.DrainWait, p.DrainWait = o.DrainWait, 0
	g.StopTimeout, p.StopTimeout = o.StopTimeout, o.StopTimeout
	g.NativeHistograms, p.NativeHistograms = o.NativeHistograms, o.NativeHistograms
	g.OTLPEndpoint, p.OTLPEndpoint, g.TraceSample, p.TraceSample = o.OTLPEndpoint, o.OTLPEndpoint, o.TraceSample, o.TraceSample
	g.Auth, p.Auth = o.Auth, o.Auth
	if g.Limits.File != "" { // one Redis shares the limits of both
		file := g.Limits.File
		if g.Limits = p.Limits; p.Limits.File == "" {
			p.Limits = quota.Options{}
		}
		g.Limits.File = file
	}
	g.Predict = "in this process" // for the log
	return g, p
}

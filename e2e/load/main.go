// Command load sends predictions at a constant rate to a gateway over HTTP and
// to predict over gRPC, and holds every answer to what the training library
// itself computed. The README beside it is its contract.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Options are what a load can be told.
type Options struct {
	HTTP, GRPC  string
	APIs        []string // of HTTP, in turn
	Model       string
	Rate        float64
	Closed      int // callers of a closed loop; 0 is the open loop
	Duration    time.Duration
	Requests    int64
	Connections int
	Clients     int
	Rows        int
	Golden      string
	Credential  string // file
	Versions    string
	Timeout     time.Duration
	InFlight    int64
	Retry       bool
	Control     string
	Wait        time.Duration
}

func (o *Options) flags(output io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(output)
	f.StringVar(&o.HTTP, "http", "", "the gateway's `URL`")
	f.StringVar(&o.GRPC, "grpc", "", "predict, a gRPC `target` such as dns:///predict-headless:9000")
	o.APIs = []string{apiPredict}
	f.Func("api", "of HTTP, taken in turn: a `list` of predict, v1 and v2 (default predict)", func(s string) error {
		o.APIs = strings.Split(s, ",")
		return nil
	})
	f.StringVar(&o.Model, "model", "housing", "the model's `name`")
	f.Float64Var(&o.Rate, "rate", 100, "requests a second, a `number`")
	f.IntVar(&o.Closed, "closed", 0, "a `number` of callers that each wait for an answer before they ask again, instead of a rate")
	f.DurationVar(&o.Duration, "duration", 0, "how long; 0 is until stopped")
	f.Int64Var(&o.Requests, "requests", 0, "stop after so many, a `number`; 0 is no bound")
	f.IntVar(&o.Connections, "connections", 8, "HTTP connections, a `number`")
	f.IntVar(&o.Clients, "clients", 2, "gRPC clients, a `number`")
	f.IntVar(&o.Rows, "rows", 1, "rows a request, a `number`")
	f.StringVar(&o.Golden, "golden", "/golden", "the `directory` of <version>/golden.json")
	f.StringVar(&o.Credential, "credential-file", "", "a `file` with the key or token that is shown with every request")
	f.StringVar(&o.Versions, "versions", "", "the versions that may answer, a `list`; empty for all of -golden")
	f.DurationVar(&o.Timeout, "timeout", 5*time.Second, "a request's deadline, from when it was due")
	f.Int64Var(&o.InFlight, "in-flight", 4096, "requests that may be unanswered at once, a `number`")
	f.BoolVar(&o.Retry, "retry", false, "send a request that failed once more")
	f.StringVar(&o.Control, "control", ":8081", "`address` of /summary and /stop; empty for none")
	f.DurationVar(&o.Wait, "wait", 10*time.Second, "how long each target may take until its first answer")
	return f
}

func (o *Options) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.HTTP != "" || o.GRPC != "", "there is nothing to ask: expected -http or -grpc")
	check(o.Closed > 0 || o.Rate > 0, "rate is %v; expected more than 0", o.Rate)
	check(o.Closed >= 0 && o.Closed <= 10_000, "closed is %d; expected 0 to 10000", o.Closed)
	check(o.Duration >= 0 && o.Requests >= 0, "duration is %v and requests %d; expected 0 or more", o.Duration, o.Requests)
	check(o.Connections > 0 && o.Connections <= 10_000, "connections is %d; expected 1 to 10000", o.Connections)
	check(o.Clients > 0 && o.Clients <= 1000, "clients is %d; expected 1 to 1000", o.Clients)
	check(o.Rows > 0 && o.Rows <= 1_000_000, "rows is %d; expected 1 to 1000000", o.Rows)
	check(o.Timeout > 0, "timeout is %v; expected more than 0", o.Timeout)
	check(o.InFlight > 0 && o.InFlight <= 1_000_000, "in-flight is %d; expected 1 to 1000000", o.InFlight)
	for _, api := range o.APIs {
		check(api == apiPredict || api == apiV1 || api == apiV2, "api %q; expected predict, v1 or v2", api)
	}
	return errors.Join(errs...)
}

// Exit codes.
const (
	exitMeasured = iota
	exitFailed
	exitUsage
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o Options
	f := o.flags(stderr)
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitMeasured
	} else if err != nil {
		return exitUsage
	}
	err := o.validate()
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "load:", err)
		return exitUsage
	}
	summary, err := measure(ctx, o, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "load:", err)
		return exitFailed
	}
	if err := json.NewEncoder(stdout).Encode(summary); err != nil {
		_, _ = fmt.Fprintln(stderr, "load: write the summary:", err)
		return exitFailed
	}
	return exitMeasured
}

// measure runs a load from its first request to its last answer.
func measure(ctx context.Context, o Options, log io.Writer) (*Summary, error) {
	rows, err := readGoldens(o.Golden, o.Versions)
	if err != nil {
		return nil, err
	}
	l, err := newLoad(o, rows, log)
	if err != nil {
		return nil, err
	}
	defer l.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if o.Control != "" {
		c, err := startControl(o.Control, l.tally, stop)
		if err != nil {
			return nil, err
		}
		defer c.close()
		defer close(c.finished) // before close: whoever asked to stop gets the summary
	}
	if err := l.awaitTargets(ctx); err != nil {
		return nil, err
	}
	l.run(ctx)
	l.tally.finish()
	return l.tally.summary(), nil
}

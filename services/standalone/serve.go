package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/internal/memory"
	"github.com/treehouse-ml/treehouse/services/standalone/app"
)

const serveHelp = `treehouse serve [PATH] [flags]

Serve models over HTTP (/predict, the protocols V1 and V2, /docs) and gRPC.
PATH is a model file, a folder with one model, as treehouse.save writes it, or a
repository of models, <repository>/<model>/<version>/, on disk or in an object
store (s3://bucket/prefix?region=…, gs://…, azblob://…). Changes are picked up
while serving. SIGTERM and SIGINT stop it cleanly, a second one at once.

A flag may be written with underscores, as KServe does: --model_name.`

func serve(args []string, p process) int {
	var told strings.Builder
	s, flags := newSettings(&told, p.err)
	o, err := s.read(flags, args, p.getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(p.out, told.String())
		return exitOK
	case told.Len() > 0: // by the flags, which say what is wrong
		_, _ = fmt.Fprintf(p.err, "treehouse serve: %s", &told)
		return exitUsage
	case err == nil:
		o.LogOutput = p.err
		err = o.Validate()
	}
	if err != nil {
		return misused(flags, p, err)
	}
	if o.LogFormat == "text" {
		o.Greeting = p.out // somebody reads along
	}
	memory.Limit(0)
	memory.Spare()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal is not caught
	if err := app.Run(ctx, o); err != nil {
		_, _ = fmt.Fprintln(p.err, "treehouse serve:", err)
		return exitFailure
	}
	return exitOK
}

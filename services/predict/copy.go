package main

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/bucket"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/predict/internal/transfer"
)

const copyHelp = `predict copy [--desired FILE] FROM TO

Copy the versions of a repository, a directory or s3://bucket/prefix?region=…,
gs://… or azblob://…, into a directory: all of them, or those of a desired set.
Each is checked against the sha256 that its model.yaml and the desired set have,
and is at its place as a whole or not at all. A version that is there already is
left alone; with other bytes it is an error.`

func copyCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("copy", copyHelp, &buffered).WithoutEnvironment()
	desired := flags.String("desired", "", "a `file` with the desired set, as of predict serve; exactly these versions are copied")
	maxBytes := flags.Int64("max-model-bytes", 1<<30, "the greatest size of a model file, in `bytes`")
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	if flags.NArg() != 2 {
		return exit(flags, p, misused("expected FROM and TO, got %d arguments", flags.NArg()))
	}
	if *maxBytes <= 0 {
		return exit(flags, p, misused("max-model-bytes is %d; expected more than 0", *maxBytes))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal is not caught
	return exit(flags, p, copyVersions(ctx, p, *desired, *maxBytes, flags.Arg(0), flags.Arg(1)))
}

func copyVersions(ctx context.Context, p process, desired string, maxBytes int64, from, to string) error {
	var pins []store.Pin
	if desired != "" {
		var err error
		if pins, err = store.ReadDesired(desired); err != nil {
			return err
		}
	}
	source, closeSource, err := openSource(from)
	if err != nil {
		return err
	}
	defer closeSource()
	start := time.Now()
	var copied, there int
	var size int64
	err = transfer.Copy(ctx, transfer.Options{
		From: source, To: to, Pins: pins, MaxBytes: maxBytes,
		Copied: func(c transfer.Copied) {
			what := "copied"
			if c.There {
				there++
				what = "there already"
			} else {
				copied++
				size += c.Bytes
			}
			_, _ = fmt.Fprintf(p.out, "%s version %d: %s, %d bytes, sha256 %s\n", c.Name, c.Number, what, c.Bytes, c.SHA256)
		},
		Problem: func(problem string) { _, _ = fmt.Fprintf(p.err, "predict copy: left out: %s\n", problem) },
	})
	_, _ = fmt.Fprintf(p.out, "%d versions copied (%d bytes), %d there already, in %v\n", copied, size, there, time.Since(start).Round(time.Millisecond))
	return err
}

func openSource(from string) (_ transfer.Source, closeIt func(), err error) {
	if !bucket.IsURL(from) {
		return store.Directory(from), func() {}, nil
	}
	location, err := bucket.Parse(from)
	if err != nil {
		return nil, nil, misused("%v", err)
	}
	b, err := bucket.New(location, "", 0)
	if err != nil {
		return nil, nil, err
	}
	return b, func() { _ = b.Close() }, nil // it was only read
}

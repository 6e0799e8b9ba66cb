package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/evaluate"
)

const evaluateHelp = `predict evaluate --log DIRECTORY --labels labels.csv [flags]

Tell how good logged predictions were, once what came true is known. The labels
are a CSV file with a header and the columns id (the prediction's), label and,
of requests with several rows, row (counted from 0). For each version: RMSE and
MAE of a regressor; accuracy, log loss and AUC of a classifier.`

type evaluateOptions struct {
	log, labels, model, segment, output, textfile string
}

func evaluateCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("evaluate", evaluateHelp, &buffered).WithoutEnvironment()
	var o evaluateOptions
	flags.StringVar(&o.log, "log", "", "the payload log: the `directory` or URL of --payload-log, or one file of it")
	flags.StringVar(&o.labels, "labels", "", "the CSV `file` of labels; - is the standard input")
	flags.StringVar(&o.model, "model", "", "the `model`, where the log has several")
	flags.StringVar(&o.segment, "segment", "", "a `feature`, for a result by each of its values, too")
	flags.StringVar(&o.output, "output", "table", "table or json, the `form` of the result")
	flags.StringVar(&o.textfile, "textfile", "", "also write the result to this `file`, for the textfile collector of Prometheus' node exporter")
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	switch {
	case flags.NArg() > 0:
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	case o.log == "":
		return exit(flags, p, misused("no --log is given"))
	case o.labels == "":
		return exit(flags, p, misused("no --labels are given"))
	case o.output != "table" && o.output != "json":
		return exit(flags, p, misused("output is %q; expected table or json", o.output))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return exit(flags, p, evaluateLog(ctx, o, p))
}

func evaluateLog(ctx context.Context, o evaluateOptions, p process) (err error) {
	source, closer, err := payloadSource(o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	labels := p.in
	if o.labels != "-" {
		file, err := os.Open(o.labels)
		if err != nil {
			return err
		}
		defer file.Close()
		labels = file
	}
	report, err := evaluate.Run(ctx, evaluate.Options{Log: source, Model: o.model, Labels: labels, Segment: o.segment})
	var label *evaluate.LabelError
	if errors.As(err, &label) {
		return fmt.Errorf("%s: %w", o.labels, label)
	}
	if err != nil {
		return err
	}
	if o.textfile != "" {
		if err := writeOutput(o.textfile, report.WriteTextfile); err != nil {
			return err
		}
	}
	if o.output == "json" {
		return report.WriteJSON(p.out)
	}
	return report.WriteTable(p.out)
}

// writeOutput writes a file that appears when it is whole.
func writeOutput(name string, write func(io.Writer) error) error {
	file, err := createOutput(name)
	if err != nil {
		return err
	}
	err = write(file)
	return errors.Join(err, file.finish(err == nil))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/inspect"
	"github.com/treehouse-ml/treehouse/services/predict/internal/replay"
)

const replayHelp = `predict replay --log DIRECTORY --model NEW [flags]

Tell how a candidate would have answered what a payload log's models were asked:
how much the numbers, or the probabilities, differ, which classes become others,
and which rows it refuses. With --fail-over the exit code is 3 where more rows
than that share differ by more than the tolerance, or are refused.`

type replayOptions struct {
	log, model, name, tolerance, output string
	failOver                            float64
	allowUntested                       bool
}

// A differenceError says that the candidate differs too much.
type differenceError struct{ share, most float64 }

func (e *differenceError) Error() string {
	return fmt.Sprintf("%.4g %% of the rows are beyond the tolerance or refused; at most %.4g %% may be", 100*e.share, 100*e.most)
}

func replayCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("replay", replayHelp, &buffered).WithoutEnvironment()
	var o replayOptions
	flags.StringVar(&o.log, "log", "", "the payload log: the `directory` or URL of --payload-log, or one file of it")
	flags.StringVar(&o.model, "model", "", "the candidate's `file`, or a version directory, whose certificate is then replayed")
	flags.StringVar(&o.name, "name", "", "the `model` of the log, where it has several")
	flags.StringVar(&o.tolerance, "tolerance", "0", "the greatest `difference` that is none: of numbers, as 500 or 1%, or of probabilities")
	flags.Float64Var(&o.failOver, "fail-over", 1, "the greatest `share` of rows, 0 to 1, that may differ by more; 1 never fails")
	flags.StringVar(&o.output, "output", "table", "table or json, the `form` of the result")
	flags.BoolVar(&o.allowUntested, "allow-untested", false, "accept a model of a library version that was never tested")
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	tolerance, relative, err := parseTolerance(o.tolerance)
	switch {
	case flags.NArg() > 0:
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	case o.log == "":
		return exit(flags, p, misused("no --log is given"))
	case o.model == "":
		return exit(flags, p, misused("no --model is given"))
	case err != nil:
		return exit(flags, p, err)
	case !(o.failOver >= 0 && o.failOver <= 1):
		return exit(flags, p, misused("fail-over is %v; expected 0 to 1", o.failOver))
	case o.output != "table" && o.output != "json":
		return exit(flags, p, misused("output is %q; expected table or json", o.output))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err = replayLog(ctx, o, tolerance, relative, p)
	code := exit(flags, p, err)
	if differs := (*differenceError)(nil); errors.As(err, &differs) {
		return exitDiffers
	}
	return code
}

// parseTolerance reads 500, or 1%.
func parseTolerance(text string) (tolerance float64, relative bool, err error) {
	number, relative := strings.CutSuffix(text, "%")
	tolerance, err = strconv.ParseFloat(number, 64)
	if err != nil || !(tolerance >= 0) {
		return 0, false, misused("tolerance is %q; expected a number of at least 0, or a percentage such as 1%%", text)
	}
	if relative {
		tolerance /= 100
	}
	return tolerance, relative, nil
}

func replayLog(ctx context.Context, o replayOptions, tolerance float64, relative bool, p process) (err error) {
	candidate, err := inspect.Model(o.model, o.allowUntested)
	if err != nil {
		return fmt.Errorf("%s: %w", o.model, err)
	}
	source, closer, err := payloadSource(o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	report, err := replay.Run(ctx, replay.Options{Log: source, Model: o.name, Candidate: candidate, Tolerance: tolerance, Relative: relative})
	if err != nil {
		return err
	}
	write := report.WriteTable
	if o.output == "json" {
		write = report.WriteJSON
	}
	if err := write(p.out); err != nil {
		return err
	}
	if share := report.Share(); share > o.failOver {
		return &differenceError{share, o.failOver}
	}
	return nil
}

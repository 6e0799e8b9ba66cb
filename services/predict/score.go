package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/inspect"
	"github.com/treehouse-ml/treehouse/services/predict/internal/score"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

const scoreHelp = `predict score --model FILE --input rows.csv [flags]

Compute predictions for a CSV file with a header, one row for each of its rows,
in full precision. Columns go by name, or by position where the model was
trained without names; others are ignored, and each of the model's must be
there. An empty cell is missing.`

var scoreMethods = map[string]scoring.Method{
	"predict": scoring.Predict, "predict_proba": scoring.PredictProba, "decision_function": scoring.DecisionFunction,
	"transform": scoring.Transform,
}

type scoreOptions struct {
	model, input, output, method string
	allowUntested                bool
}

func scoreCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("score", scoreHelp, &buffered).WithoutEnvironment()
	var o scoreOptions
	flags.StringVar(&o.model, "model", "", "the model `file`, or a version directory, whose certificate is then replayed")
	flags.StringVar(&o.input, "input", "", "the CSV `file` to read; - is the standard input")
	flags.StringVar(&o.output, "output", "-", "the CSV `file` to write; - is the standard output")
	flags.StringVar(&o.method, "method", "", "the `method`: predict, predict_proba, decision_function or transform; by default predict, or transform of a model that predicts nothing")
	flags.BoolVar(&o.allowUntested, "allow-untested", false, "accept a model of a library version that was never tested")
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	switch {
	case flags.NArg() > 0:
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	case o.model == "":
		return exit(flags, p, misused("no --model is given"))
	case o.input == "":
		return exit(flags, p, misused("no --input is given"))
	case o.method != "" && scoreMethods[o.method] == 0:
		return exit(flags, p, misused("method is %q; expected predict, predict_proba, decision_function or transform", o.method))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return exit(flags, p, scoreFile(ctx, o, p))
}

func scoreFile(ctx context.Context, o scoreOptions, p process) (err error) {
	m, err := inspect.Model(o.model, o.allowUntested)
	if err != nil {
		return fmt.Errorf("%s: %w", o.model, err)
	}
	method := scoreMethods[o.method]
	if o.method == "" {
		method = m.Signature().Default()
	}
	in := p.in
	if o.input != "-" {
		file, err := os.Open(o.input)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	out := p.out
	if o.output != "-" {
		file, createErr := createOutput(o.output)
		if createErr != nil {
			return createErr
		}
		defer func() { err = errors.Join(err, file.finish(err == nil)) }()
		out = file
	}
	err = score.Run(ctx, score.Options{
		Model: m, Method: method, Input: in, Output: out,
		Warn: func(message string) { _, _ = fmt.Fprintf(p.err, "predict score: warning: %s\n", message) },
	})
	return inInput(o.input, err)
}

// inInput names the input in an error about it.
func inInput(name string, err error) error {
	if err == nil || name == "-" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// An outputFile appears under its name only when it is whole.
type outputFile struct {
	*os.File
	name string // empty: it is written in place
}

func createOutput(name string) (*outputFile, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() { // a pipe, a terminal
		file, err := os.OpenFile(name, os.O_WRONLY, 0) // #nosec G304 -- the user names it
		return &outputFile{File: file}, err
	}
	file, err := os.OpenFile(name+".partial", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666) // #nosec G302 G304 -- as other tools do
	return &outputFile{File: file, name: name}, err
}

func (f *outputFile) finish(whole bool) error {
	err := f.Close()
	if f.name == "" {
		return err
	}
	if err == nil && whole {
		return os.Rename(f.Name(), f.name)
	}
	return errors.Join(err, os.Remove(f.Name()))
}

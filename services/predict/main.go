// Command predict serves trained models over gRPC, tells about and scores with
// a single one, and copies them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
)

// Exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitDiffers // predict replay: more than may
	exitDenied  // predict policy test: something that was asked
)

func main() {
	os.Exit(run(os.Args[1:], process{os.Stdin, os.Stdout, os.Stderr, os.Getenv}))
}

// process is what a command has of the process it runs in.
type process struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}

const usage = `predict serves trained models over gRPC.

  predict serve      serve a repository of models
  predict inspect    tell what a model file is
  predict copy       copy versions of a repository into a directory
  predict score      compute predictions for a CSV file
  predict evaluate   tell how good logged predictions were
  predict replay     tell how a candidate would have answered a log
  predict check      ask a server for its health and predictions
  predict key        make an API key
  predict policy     tell what a caller may do by a policy
  predict version    tell which build this is

predict COMMAND --help tells more.
`

func run(args []string, p process) int {
	if len(args) == 0 {
		_, _ = io.WriteString(p.err, usage)
		return exitUsage
	}
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return serve(rest, p)
	case "inspect":
		return inspectCommand(rest, p)
	case "copy":
		return copyCommand(rest, p)
	case "score":
		return scoreCommand(rest, p)
	case "evaluate":
		return evaluateCommand(rest, p)
	case "replay":
		return replayCommand(rest, p)
	case "check":
		return checkCommand(rest, p)
	case "key":
		return keyCommand(rest, p)
	case "policy":
		return policyCommand(rest, p)
	case "version":
		return versionCommand(rest, p)
	case "help", "--help", "-help", "-h":
		_, _ = io.WriteString(p.out, usage)
		return exitOK
	default:
		_, _ = fmt.Fprintf(p.err, "predict: unknown command %q\n\n%s", command, usage)
		return exitUsage
	}
}

// A usageError is the caller's: it is told how to call the command.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func misused(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// parse reads a command's flags. Help goes to the output; what is wrong with
// the flags has been told when parse returns. Only where ok is true does the
// command go on.
func parse(flags *flagenv.Set, buffered *strings.Builder, args []string, p process) (code int, ok bool) {
	switch err := flags.Parse(args, p.getenv); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(p.out, buffered.String())
		return exitOK, false
	case err != nil:
		_, _ = fmt.Fprintf(p.err, "predict %s: %s", flags.Name(), buffered)
		return exitUsage, false
	}
	return exitOK, true
}

// exit tells a command's error and turns it into an exit code.
func exit(flags *flagenv.Set, p process, err error) int {
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintf(p.err, "predict %s: %v\n", flags.Name(), err)
	var usage *usageError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintf(p.err, "predict %s --help tells more.\n", flags.Name())
		return exitUsage
	}
	return exitFailure
}

func versionCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("version", "predict version\n\nTell which build this is.", &buffered).WithoutEnvironment()
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	if flags.NArg() > 0 {
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	}
	_, _ = fmt.Fprintln(p.out, buildinfo.Get("predict"))
	return exitOK
}

// Command treehouse serves trained models over HTTP and gRPC in one process.
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
)

func main() {
	os.Exit(run(os.Args[1:], process{os.Stdout, os.Stderr, os.Getenv}))
}

// process is what a command has of the process it runs in.
type process struct {
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}

const usage = `treehouse serves trained models over HTTP and gRPC.

  treehouse serve model.joblib   serve a model file, or a repository of models
  treehouse version              tell which build this is

treehouse COMMAND --help tells more.
`

func run(args []string, p process) int {
	if len(args) == 0 {
		_, _ = io.WriteString(p.err, usage)
		return exitUsage
	}
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return serve(rest, p)
	case "version":
		return version(rest, p)
	case "help", "--help", "-help", "-h":
		_, _ = io.WriteString(p.out, usage)
		return exitOK
	default:
		_, _ = fmt.Fprintf(p.err, "treehouse: unknown command %q\n\n%s", command, usage)
		return exitUsage
	}
}

func version(args []string, p process) int {
	var told strings.Builder
	flags := flagenv.New("version", "treehouse version\n\nTell which build this is.", &told).WithoutEnvironment()
	if code, ok := parse(flags, &told, args, p); !ok {
		return code
	}
	if flags.NArg() > 0 {
		return misused(flags, p, fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	_, _ = fmt.Fprintln(p.out, buildinfo.Get("treehouse"))
	return exitOK
}

// parse reads a command's flags. Help goes to the output; what is wrong with
// the flags has been told when parse returns. Only where ok is true does the
// command go on.
func parse(flags *flagenv.Set, told *strings.Builder, args []string, p process) (code int, ok bool) {
	switch err := flags.Parse(args, p.getenv); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(p.out, told.String())
		return exitOK, false
	case err != nil:
		_, _ = fmt.Fprintf(p.err, "treehouse %s: %s", flags.Name(), told)
		return exitUsage, false
	}
	return exitOK, true
}

func misused(flags *flagenv.Set, p process, err error) int {
	_, _ = fmt.Fprintf(p.err, "treehouse %s: %v\ntreehouse %s --help tells more.\n", flags.Name(), err, flags.Name())
	return exitUsage
}

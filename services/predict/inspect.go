package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/inspect"
)

const inspectHelp = `predict inspect FILE [--json]

Tell what a model file is: the library that trained it, its steps, inputs and
outputs. FILE may be a version directory; then model.yaml's digest is checked
and its certificate replayed. Of a file that is refused it names each part that
is not supported, and fails. Nothing in the file is executed.`

func inspectCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("inspect", inspectHelp, &buffered).WithoutEnvironment()
	asJSON := flags.Bool("json", false, "write JSON")
	// The file may come before the flags.
	var file string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file, args = args[0], args[1:]
	}
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	rest := flags.Args()
	if file == "" && len(rest) > 0 {
		file, rest = rest[0], rest[1:]
	}
	switch {
	case file == "":
		return exit(flags, p, misused("no file is named"))
	case len(rest) > 0:
		return exit(flags, p, misused("unexpected argument %q", rest[0]))
	}
	return exit(flags, p, inspectFile(file, *asJSON, p))
}

func inspectFile(file string, asJSON bool, p process) error {
	report, err := inspect.Inspect(file)
	var refusal *inspect.Refusal
	switch {
	case errors.As(err, &refusal):
		return errors.Join(write(refusal, asJSON, p), err)
	case err != nil:
		return err
	}
	err = write(report, asJSON, p)
	if err == nil && report.Certificate != nil && report.Certificate.Mismatch != "" {
		return errors.New("the certificate does not hold: " + report.Certificate.Mismatch)
	}
	return err
}

// write shows a report or a refusal.
func write(report interface{ Text(io.Writer) error }, asJSON bool, p process) error {
	if !asJSON {
		return report.Text(p.out)
	}
	e := json.NewEncoder(p.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(report)
}

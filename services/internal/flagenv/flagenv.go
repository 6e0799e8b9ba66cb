// Package flagenv reads a command's settings from flags and, where a flag is
// not given, from the environment. A flag named grpc-address falls back to
// TREEHOUSE_GRPC_ADDRESS; --help lists both. Only a main package uses it.
package flagenv

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Prefix starts the name of every environment variable that is not an alias.
const Prefix = "TREEHOUSE_"

// A Set is a command's flags. It embeds the standard library's, on which
// flags are defined as usual.
type Set struct {
	*flag.FlagSet
	synopsis string
	aliases  map[string]string
	noEnv    bool
}

// New makes the set of the command of that name. The synopsis, shown on top
// of --help, says how to call the command and what it does. Help and errors
// are written to w.
func New(name, synopsis string, w io.Writer) *Set {
	s := &Set{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), synopsis: synopsis, aliases: map[string]string{}}
	s.SetOutput(w)
	s.Usage = s.usage
	return s
}

// Alias makes a flag fall back to a variable of another name, too, after the
// TREEHOUSE_ one.
func (s *Set) Alias(flagName, variable string) { s.aliases[flagName] = variable }

// WithoutEnvironment makes the set ignore the environment: right for a tool,
// whose result must depend on its arguments only.
func (s *Set) WithoutEnvironment() *Set { s.noEnv = true; return s }

// Parse reads args, then the environment for every flag that args do not set.
// An empty variable counts as not set. The error, already written to the
// output, is [flag.ErrHelp] after --help.
func (s *Set) Parse(args []string, getenv func(string) string) error {
	if err := s.FlagSet.Parse(args); err != nil {
		return err
	}
	if s.noEnv {
		return nil
	}
	given := map[string]bool{}
	s.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var errs []error
	s.VisitAll(func(f *flag.Flag) {
		if given[f.Name] {
			return
		}
		for _, variable := range s.variables(f.Name) {
			value := getenv(variable)
			if value == "" {
				continue
			}
			if err := s.Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("invalid value %q for %s: %w", value, variable, err))
			}
			return
		}
	})
	err := errors.Join(errs...)
	if err != nil {
		_, _ = fmt.Fprintln(s.Output(), err)
		s.Usage()
	}
	return err
}

func (s *Set) variables(flagName string) []string {
	if s.noEnv {
		return nil
	}
	names := []string{Prefix + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))}
	if alias := s.aliases[flagName]; alias != "" {
		names = append(names, alias)
	}
	return names
}

func (s *Set) usage() {
	var b strings.Builder
	b.WriteString(s.synopsis)
	b.WriteString("\n")
	first := true
	s.VisitAll(func(f *flag.Flag) {
		if first {
			b.WriteString("\nFlags:\n")
			first = false
		}
		kind, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "  --%s", f.Name)
		if kind != "" {
			b.WriteString(" " + kind)
		}
		b.WriteString("\n        " + usage)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(&b, " (default %s)", f.DefValue)
		}
		if v := s.variables(f.Name); len(v) > 0 {
			b.WriteString(" [$" + strings.Join(v, ", $") + "]")
		}
		b.WriteString("\n")
	})
	_, _ = io.WriteString(s.Output(), b.String())
}

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

const policyHelp = `predict policy test --policy FILE --principal METHOD:NAME [--group GROUP]… [--model MODEL]… [--action ACTION]…

Check a policy, and tell what a caller may do by it: a table of models and
actions, each cell with the line of the rule that allows it. Without --model the
models are the patterns that the policy has. With --action the exit code is 4
where anything that was asked is denied.`

func policyCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("policy test", policyHelp, &buffered).WithoutEnvironment()
	file := flags.String("policy", "", "the `file` of the policy")
	who := flags.String("principal", "", "the `caller`: key:NAME, jwt:SUBJECT or mtls:NAME")
	var groups, models []string
	var actions []policy.Action
	flags.Func("group", "a `group` that the caller belongs to; may be given again", func(s string) error { groups = append(groups, s); return nil })
	flags.Func("model", "a `model` that is asked about; may be given again", func(s string) error { models = append(models, s); return nil })
	flags.Func("action", "an `action` that is asked about: predict, metadata, logs, load or admin; may be given again", func(s string) error {
		a, err := policy.ParseAction(s)
		actions = append(actions, a)
		return err
	})
	if len(args) > 0 && args[0] == "test" {
		args = args[1:]
	} else if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return exit(flags, p, misused("expected predict policy test"))
	}
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	method, name, _ := strings.Cut(*who, ":")
	switch {
	case flags.NArg() > 0:
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	case *file == "":
		return exit(flags, p, misused("no policy is named; expected --policy FILE"))
	case !slices.Contains([]string{"key", "jwt", "mtls"}, method) || name == "":
		return exit(flags, p, misused("principal is %q; expected key:NAME, jwt:SUBJECT or mtls:NAME", *who))
	}
	data, err := os.ReadFile(*file)
	if err != nil {
		return exit(flags, p, err)
	}
	rules, err := policy.Parse(data)
	if err != nil {
		return exit(flags, p, fmt.Errorf("%s: %w", *file, err))
	}
	asked := len(actions) > 0
	if !asked {
		actions = []policy.Action{policy.Predict, policy.Metadata, policy.Logs, policy.Load, policy.Admin}
	}
	if len(models) == 0 {
		models = rules.Models()
	}
	denied, err := tell(p, rules, &principal.Principal{Name: name, Groups: groups, Method: method}, models, actions)
	if code := exit(flags, p, err); code != exitOK {
		return code
	}
	if asked && denied {
		return exitDenied
	}
	return exitOK
}

// tell writes the table, and reports whether any of it is denied.
func tell(p process, rules *policy.Policy, caller *principal.Principal, models []string, actions []policy.Action) (denied bool, err error) {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(w, "MODEL")
	for _, a := range actions {
		_, _ = fmt.Fprintf(w, "\t%s", a)
	}
	_, _ = fmt.Fprintln(w)
	for _, model := range models {
		_, _ = fmt.Fprint(w, model)
		for _, a := range actions {
			cell := "no"
			if d := rules.Decide(caller, a, model); d.Allowed {
				cell = fmt.Sprintf("yes, line %d", d.Line)
			} else {
				denied = true
			}
			_, _ = fmt.Fprintf(w, "\t%s", cell)
		}
		_, _ = fmt.Fprintln(w)
	}
	return denied || len(models) == 0, w.Flush()
}

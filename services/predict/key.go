package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
)

const keyHelp = `predict key new --principal NAME [--group GROUP]… [--expires WHEN]

Make an API key, and the line by which a file of --auth-keys lists it. The key is
shown once and stored nowhere: the line holds its SHA-256. To replace a key, list
the new one beside the old one, and take the old line away when its callers have
changed; the services read the file again when it changes.`

func keyCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("key new", keyHelp, &buffered).WithoutEnvironment()
	name := flags.String("principal", "", "the `name` of the caller, as policies have it behind key:")
	var groups []string
	flags.Func("group", "a `group` that the caller belongs to; may be given again", func(s string) error {
		groups = append(groups, s)
		return nil
	})
	when := flags.String("expires", "", "`when` the key ceases to be valid: a date or a time in UTC, or a duration from now, such as 2160h; by default never")
	if len(args) > 0 && args[0] == "new" {
		args = args[1:]
	} else if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return exit(flags, p, misused("expected predict key new"))
	}
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	expires, err := expiry(*when, time.Now())
	switch {
	case flags.NArg() > 0:
		return exit(flags, p, misused("unexpected argument %q", flags.Arg(0)))
	case *name == "":
		return exit(flags, p, misused("no principal is named; expected --principal NAME"))
	case err != nil:
		return exit(flags, p, err)
	}
	secret, line, err := auth.NewKey(*name, groups, expires)
	if err != nil {
		return exit(flags, p, misused("%v", err))
	}
	_, err = fmt.Fprintf(p.out, "# For %s; it is shown once and stored nowhere:\n%s\n# The line for the file of --auth-keys:\n%s\n", *name, secret, line)
	return exit(flags, p, err)
}

// expiry reads when a key expires; the zero time is never.
func expiry(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		var d time.Duration
		d, err = time.ParseDuration(s)
		t = now.Add(d)
	}
	if err != nil || !t.After(now) {
		return time.Time{}, misused("expires is %q; expected a date such as 2027-03-01, a time or a duration such as 2160h, not past", s)
	}
	return t.Truncate(time.Second), nil
}

package inspect

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// listed is how many inputs, steps or values a text report shows at most.
const listed = 50

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) } // Flush tells errors
	line("file\t%s", r.File)
	line("format\t%s", r.Format)
	line("sha256\t%s", r.SHA256)
	line("library\t%s", libraries(r))
	line("task\t%s", task(r))
	line("methods\t%s", strings.Join(r.Methods, ", "))
	if r.Trees > 0 {
		line("trees\t%d, of depth %d at most, %d leaves", r.Trees, r.MaxDepth, r.Leaves)
	} else {
		line("estimator\t%s", r.Estimator)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		line("measured\t%s %s", name, strconv.FormatFloat(r.Metrics[name], 'g', -1, 64))
	}
	if r.Untested != "" {
		line("untested\t%s", r.Untested)
	}
	line("certificate\t%s", proof(r.Certificate))
	line("reference\t%s", distribution(r.Reference))

	line("\nsteps")
	for i, s := range r.Stages {
		if i == listed {
			line("  … and %d more", len(r.Stages)-i)
			break
		}
		line("  %s\t%s\t%s", or(s.Path, "(the model)"), s.Class, s.Detail)
	}
	line("\ninputs\t%d, %s", len(r.Inputs), by(r.Named))
	for i, in := range r.Inputs {
		if i == listed {
			line("  … and %d more", len(r.Inputs)-i)
			break
		}
		line("  %s\t%s\t%s", in.Name, in.Type, accepts(in))
	}
	return t.Flush()
}

func libraries(r *Report) string {
	s := r.Library + " " + or(r.Version, "of unknown version")
	for _, name := range slices.Sorted(maps.Keys(r.Embedded)) {
		s += ", " + name + " " + r.Embedded[name]
	}
	return s
}

func task(r *Report) string {
	if r.Targets != nil {
		var each []string
		for _, classes := range r.Targets {
			each = append(each, few(classes))
		}
		return fmt.Sprintf("%s, %d labels a row: %s", r.Task, len(r.Targets), strings.Join(each[:min(len(each), listed)], " | "))
	}
	if r.Outputs == 0 {
		return fmt.Sprintf("%s, %d columns: %s", r.Task, r.Columns, or(few(r.Names), "without names"))
	}
	if len(r.Classes) == 0 {
		precision := "float64"
		if r.Float32 {
			precision = "float32"
		}
		return fmt.Sprintf("%s, %d %s a row", r.Task, r.Outputs, precision)
	}
	return fmt.Sprintf("%s, %d classes: %s", r.Task, len(r.Classes), few(r.Classes))
}

func proof(c *Certificate) string {
	switch {
	case c == nil:
		return "none"
	case c.Mismatch != "":
		return "BROKEN: " + c.Mismatch
	}
	return fmt.Sprintf("%d rows of the library's own outputs replayed, every one the same", c.Rows)
}

func distribution(r *Reference) string {
	if r == nil {
		return "none"
	}
	of := fmt.Sprintf("distributions of %d inputs", r.Features)
	if r.Prediction {
		of += " and the prediction"
	}
	return fmt.Sprintf("%s in %d rows, to find drift", of, r.Rows)
}

func by(named bool) string {
	if named {
		return "by name"
	}
	return "by position, because the model was trained without names"
}

func accepts(in Input) string {
	var parts []string
	switch {
	case in.Unused:
		parts = append(parts, "never read")
	case in.Optional:
		parts = append(parts, "may be missing")
	}
	if len(in.Categories) > 0 {
		parts = append(parts, few(in.Categories))
	}
	return strings.Join(parts, "; ")
}

// few lists the first values.
func few[T any](values []T) string {
	var parts []string
	for i, v := range values {
		if i == listed {
			parts = append(parts, fmt.Sprintf("… and %d more", len(values)-i))
			break
		}
		parts = append(parts, fmt.Sprint(v))
	}
	return strings.Join(parts, ", ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

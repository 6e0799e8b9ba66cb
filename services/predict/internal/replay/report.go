package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Share is the share of the compared rows that are beyond the tolerance; those
// that the candidate refuses count as such.
func (r *Report) Share() float64 {
	if r.Rows+r.Refused == 0 {
		return 0
	}
	return float64(r.Beyond+r.Refused) / float64(r.Rows+r.Refused)
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { _, _ = fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	line("model", "%s, %s, versions %s", r.Model, r.Task, strings.Trim(fmt.Sprint(r.Versions), "[]"))
	line("rows", "%d compared, %d refused by the candidate, %d without an answer then", r.Rows, r.Refused, r.Failures)
	for _, c := range r.Refusals {
		line("  refused", "%s row %d: %s", c.ID, c.Row, c.Error)
	}
	if len(r.Missing) > 0 {
		line("features", "the candidate's %s are not in the log: missing", strings.Join(r.Missing, ", "))
	}
	if len(r.Ignored) > 0 {
		line("features", "the log's %s are not the candidate's", strings.Join(r.Ignored, ", "))
	}
	if r.Task == "classification" {
		line("classes", "%d changed", r.Changed)
		for i, c := range r.Changes {
			if i == 10 {
				line("  …", "and %d more pairs", len(r.Changes)-i)
				break
			}
			line("  "+c.From+" → "+c.To, "%d", c.Rows)
		}
	}
	if d := r.Differences; d != nil {
		name := "|difference|"
		if r.Task == "classification" {
			name = "|Δ probability|"
		} else {
			line("mean difference", "%.6g", d.Mean)
		}
		line(name, "p50 %.6g  p90 %.6g  p99 %.6g  p99.9 %.6g  max %.6g", d.P50, d.P90, d.P99, d.P999, d.Max)
	}
	tolerance := fmt.Sprintf("%g", r.Tolerance)
	if r.Relative {
		tolerance = fmt.Sprintf("%g %%", 100*r.Tolerance)
	}
	line("beyond "+tolerance, "%d rows, with the refused ones %.4g %%", r.Beyond, 100*r.Share())
	return t.Flush()
}

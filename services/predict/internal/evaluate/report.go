package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%s, %s: %d of %d labels found their prediction; %d predictions have no label\n", r.Model, r.Task, r.Matched, r.Labels, r.UnmatchedPredictions)
	if err != nil {
		return err
	}
	if r.Failures > 0 || r.Duplicates > 0 {
		if _, err := fmt.Fprintf(out, "not counted: %d rows that were not answered, %d that the log has again\n", r.Failures, r.Duplicates); err != nil {
			return err
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	header := []string{"version", "rows", "rmse", "mae"}
	if r.Task == "classification" {
		header = []string{"version", "rows", "accuracy", "log loss", "auc"}
	}
	if r.Segment != "" {
		header = append(header, r.Segment)
	}
	// A column ends in a tab; what follows the last is not aligned.
	write := func(cells []string, note string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t  "+note) }
	write(header, "")
	for _, g := range r.Groups {
		cells := []string{strconv.FormatInt(g.Version, 10), strconv.Itoa(g.Rows)}
		for _, f := range g.figures(r.Task) {
			cells = append(cells, text(f.value))
		}
		if r.Segment != "" {
			segment := "(all)"
			if g.Segment != nil {
				segment = *g.Segment
			}
			cells = append(cells, segment)
		}
		write(cells, g.Note)
	}
	return t.Flush()
}

// A figure is a number with its name in Prometheus.
type figure struct {
	name, help string
	value      *float64
}

func (g *Group) figures(task string) []figure {
	if task == "classification" {
		return []figure{
			{"accuracy", "Share of the rows whose class was predicted.", g.Accuracy},
			{"log_loss", "Mean negative logarithm of the probability of the class that came true.", g.LogLoss},
			{"auc", "Area under the ROC curve; of more than two classes the mean of each against the rest.", g.AUC},
		}
	}
	return []figure{
		{"rmse", "Root of the mean squared error.", g.RMSE},
		{"mae", "Mean absolute error.", g.MAE},
	}
}

func text(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'g', 6, 64)
}

// WriteTextfile writes the report for the textfile collector of Prometheus'
// node exporter. The segment "" is all.
func (r *Report) WriteTextfile(out io.Writer) error {
	var b strings.Builder
	family := func(name, help string, value func(*Group) *float64) {
		fmt.Fprintf(&b, "# HELP treehouse_evaluation_%s %s\n# TYPE treehouse_evaluation_%s gauge\n", name, help, name)
		for i := range r.Groups {
			g := &r.Groups[i]
			v := value(g)
			if v == nil {
				continue
			}
			segment := ""
			if g.Segment != nil {
				segment = *g.Segment
			}
			fmt.Fprintf(&b, "treehouse_evaluation_%s{model=%s,version=\"%d\",feature=%s,segment=%s} %s\n",
				name, quote(r.Model), g.Version, quote(r.Segment), quote(segment), strconv.FormatFloat(*v, 'g', -1, 64))
		}
	}
	if len(r.Groups) > 0 {
		for i, f := range r.Groups[0].figures(r.Task) {
			family(f.name, f.help, func(g *Group) *float64 { return g.figures(r.Task)[i].value })
		}
	}
	family("rows", "Rows of the payload log with a label.", func(g *Group) *float64 { n := float64(g.Rows); return &n })
	for _, c := range []struct {
		name, help string
		n          int
	}{
		{"unmatched_labels", "Labels without a row in the payload log.", r.UnmatchedLabels},
		{"unmatched_predictions", "Rows of the payload log without a label.", r.UnmatchedPredictions},
	} {
		fmt.Fprintf(&b, "# HELP treehouse_evaluation_%s %s\n# TYPE treehouse_evaluation_%s gauge\ntreehouse_evaluation_%s{model=%s} %d\n",
			c.name, c.help, c.name, c.name, quote(r.Model), c.n)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// quote writes a label's value as the text format wants it.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\ufffd")) + `"`
}

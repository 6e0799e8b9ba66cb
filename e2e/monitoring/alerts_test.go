package monitoring_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/e2e/internal/grafana"
	"github.com/treehouse-ml/treehouse/e2e/internal/rules"
)

const (
	chart   = "../../charts/monitoring/"
	book    = "../../docs/runbook.md"
	address = "https://github.com/treehouse-ml/treehouse/blob/main/docs/runbook.md"
)

func alerts(t *testing.T) []rules.Rule {
	t.Helper()
	all, err := rules.Read(chart + "rules")
	if err != nil {
		t.Fatal(err)
	}
	var found []rules.Rule
	for _, r := range all {
		if r.Alert != "" {
			found = append(found, r)
		}
	}
	return found
}

// sections are the runbook's, by the anchor that a heading has on GitHub.
func sections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for part := range strings.SplitSeq("\n"+string(text), "\n### ") {
		if heading, body, ok := strings.Cut(part, "\n"); ok {
			found[strings.ToLower(heading)] = body
		}
	}
	return found
}

// Who is paged reads what it is, and finds what to do.
func TestAlertsSayWhatToDo(t *testing.T) {
	book := sections(t)
	for _, a := range alerts(t) {
		if !strings.HasPrefix(a.Alert, "Treehouse") {
			t.Errorf("%s: the name is not ours alone; expected Treehouse…", a.Alert)
		}
		if s := a.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s: severity %q; expected critical or warning", a.Alert, s)
		}
		for _, key := range []string{"summary", "description"} {
			if a.Annotations[key] == "" {
				t.Errorf("%s has no %s", a.Alert, key)
			}
		}
		if want := address + "#" + strings.ToLower(a.Alert); a.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url is %q; expected %s", a.Alert, a.Annotations["runbook_url"], want)
		}
		if !strings.Contains(a.Annotations["summary"], "$labels.namespace") && !strings.Contains(a.Annotations["description"], "$labels.namespace") {
			t.Errorf("%s does not say in which namespace", a.Alert)
		}
		section := book[strings.ToLower(a.Alert)]
		for _, part := range []string{"**Symptom.**", "**Model or platform.**", "**Look at.**", "**Do.**"} {
			if !strings.Contains(section, part) {
				t.Errorf("the runbook's section %s has no %s", a.Alert, part)
			}
		}
	}
}

func TestTheRunbookHasNoSectionWithoutAnAlert(t *testing.T) {
	known := map[string]bool{}
	for _, a := range alerts(t) {
		known[strings.ToLower(a.Alert)] = true
	}
	for heading := range sections(t) {
		if strings.HasPrefix(heading, "treehouse") && !known[heading] {
			t.Errorf("section %s: no alert of this name", heading)
		}
	}
}

var name = regexp.MustCompile(`alertname="(\w+)"`)

// promtool's tests show each alert, of each severity, both ways. `make
// alerts-test` runs them; what they are about is seen here.
func TestAlertsAreTestedFiringAndNot(t *testing.T) {
	tests, err := rules.Tests(chart + "tests/rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts(t) {
		if fires, silent := shown(tests, a); !fires || !silent {
			t.Errorf("%s, severity %s window %q: tests show it firing: %v, and silent on the same series: %v", a.Alert, a.Labels["severity"], a.Labels["window"], fires, silent)
		}
	}
}

// shown reports whether a case expects the alert, and another one of a group in
// which it is expected does not.
func shown(tests []rules.Test, a rules.Rule) (fires, silent bool) {
	for _, test := range tests {
		var yes, no bool
		for _, c := range test.Expressions {
			if !strings.HasPrefix(c.Expr, "ALERTS{") {
				continue
			}
			found := false
			for _, s := range c.Samples {
				m := name.FindStringSubmatch(s.Labels)
				found = found || m != nil && m[1] == a.Alert && has(s.Labels, a.Labels)
			}
			yes, no = yes || found, no || !found
		}
		for _, c := range test.Alerts {
			if c.Alertname != a.Alert {
				continue
			}
			found := false
			for _, e := range c.Expected {
				found = found || e.Labels["severity"] == a.Labels["severity"]
			}
			yes, no = yes || found, no || !found
		}
		fires, silent = fires || yes, silent || yes && no
	}
	return fires, silent
}

func has(series string, labels map[string]string) bool {
	for key, value := range labels {
		if !strings.Contains(series, key+`="`+value+`"`) {
			return false
		}
	}
	return true
}

// The overview in the documentation leaves out no alert and no dashboard.
func TestTheOverviewIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, a := range alerts(t) {
		known[a.Alert] = true
		if !strings.Contains(string(text), a.Alert) {
			t.Errorf("docs/observability.md does not name %s", a.Alert)
		}
	}
	for _, name := range regexp.MustCompile(`Treehouse[A-Z]\w+`).FindAllString(string(text), -1) {
		if !known[name] {
			t.Errorf("docs/observability.md names %s, which is no alert", name)
		}
	}
	all, err := grafana.Read(chart + "dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if !strings.Contains(string(text), "| "+d.Title+" |") {
			t.Errorf("docs/observability.md does not name the dashboard %s", d.Title)
		}
	}
}

// A panel leads to a section that is there.
func TestPanelsLeadToTheRunbook(t *testing.T) {
	all, err := grafana.Read(chart + "dashboards")
	if err != nil {
		t.Fatal(err)
	}
	book, links := sections(t), 0
	for _, d := range all {
		for _, p := range d.Panels {
			for _, l := range p.Links {
				links++
				anchor, found := strings.CutPrefix(l.URL, address+"#")
				if _, is := book[anchor]; !found || !is {
					t.Errorf("%s, panel %s: %s leads nowhere", d.File, p.Title, l.URL)
				}
			}
		}
	}
	if links == 0 {
		t.Error("no panel leads to the runbook")
	}
}

var metric = regexp.MustCompile(`\btreehouse_[a-z_]+`)

// What panels and rules ask for is what the services expose, by the table that a
// test of theirs holds to it: a metric that is misspelt is silent for ever.
func TestOnlyMetricsThatAreThere(t *testing.T) {
	table, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	exposed := map[string]bool{}
	for _, name := range metric.FindAllString(string(table), -1) {
		exposed[name] = true
	}
	seen := 0
	check := func(where, expr string) {
		for _, name := range metric.FindAllString(expr, -1) {
			seen++
			base := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, suffix)
			}
			if !exposed[name] && !exposed[base] {
				t.Errorf("%s: %s is not in docs/metrics.md", where, name)
			}
		}
	}
	all, err := rules.Read(chart + "rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		check(r.File+" "+r.Alert+r.Record, r.Expr)
	}
	dashboards, err := grafana.Read(chart + "dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dashboards {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				check(d.File+", panel "+p.Title, q.Expr)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d metrics are asked for", seen)
	}
}

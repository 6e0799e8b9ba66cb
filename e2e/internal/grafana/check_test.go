package grafana_test

import (
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/e2e/internal/grafana"
)

const folder = "../../../charts/monitoring/dashboards"

func TestDashboardsKeepToGrafanasConventions(t *testing.T) {
	all, err := grafana.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	uids, titles := map[string]string{}, map[string]string{}
	for _, d := range all {
		for _, wrong := range d.Check() {
			t.Errorf("%s: %s", d.File, wrong)
		}
		if d.File != d.UID+".json" {
			t.Errorf("%s has the uid %s", d.File, d.UID)
		}
		if other := uids[d.UID] + titles[d.Title]; other != "" {
			t.Errorf("%s and %s have one uid or title", d.File, other)
		}
		uids[d.UID], titles[d.Title] = d.File, d.File
	}
}

// Each of these edits makes a dashboard wrong, and is noticed.
func TestWrongDashboardsAreNoticed(t *testing.T) {
	text, err := os.ReadFile(folder + "/treehouse-overview.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, from, to, says string }{
		{"a uid with a space", `"uid": "treehouse-overview"`, `"uid": "treehouse overview"`, "uid"},
		{"an old schema", `"schemaVersion": 41`, `"schemaVersion": 16`, "schemaVersion is 16"},
		{"no tag", `"treehouse"`, `"trees"`, "no tag treehouse"},
		{"a panel over another", `"y": 5`, `"y": 4`, "lies over"},
		{"a panel beyond the grid", `"w": 12`, `"w": 25`, "is not within 24 columns"},
		{"a number used twice", `"id": 2,`, `"id": 3,`, "or another's"},
		{"a fixed data source", `"uid": "${datasource}"`, `"uid": "P1809F7CD0C75ACF3"`, "not the one that is chosen"},
		{"a misspelt unit", `"unit": "percentunit"`, `"unit": "percentage"`, `unit "percentage"`},
		{"a type that Grafana dropped", `"type": "timeseries"`, `"type": "graph"`, `type "graph"`},
		{"an unknown variable", `$namespace`, `$cluster`, "$cluster is no variable"},
		{"a rate with gaps", `[$__rate_interval]`, `[$__interval]`, "has gaps"},
		{"a query without a legend", `"legendFormat": "p99"`, `"legendFormat": ""`, "has no legend"},
		{"a panel that says nothing", `"description": "By gateway's pod`, `"description": "", "x": "`, "has no description"},
		{"two kinds of query at once", `"instant": false`, `"instant": true`, "neither instant nor over a range"},
	} {
		t.Run(test.name, func(t *testing.T) {
			edited := strings.ReplaceAll(string(text), test.from, test.to)
			if edited == string(text) {
				t.Fatalf("%s is not in the dashboard", test.from)
			}
			d, err := grafana.Parse([]byte(edited))
			if err != nil {
				t.Fatal(err)
			}
			if wrong := strings.Join(d.Check(), "\n"); !strings.Contains(wrong, test.says) {
				t.Errorf("does not say %q: %s", test.says, wrong)
			}
		})
	}
}

func TestSubstitute(t *testing.T) {
	got, err := grafana.Substitute(`rate(a{n=~"$n"}[${__rate_interval}])`, map[string]string{"n": "x.+", "__rate_interval": "15s"})
	if err != nil || got != `rate(a{n=~"x.+"}[15s])` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := grafana.Substitute(`a{n="$m"}`, nil); err == nil {
		t.Error("an unknown variable is accepted")
	}
}

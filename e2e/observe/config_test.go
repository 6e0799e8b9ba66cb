package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/e2e/internal/rules"
)

// What is evaluated here is what the chart has, but for the pace.
func TestQuickRulesKeepTheirExpressions(t *testing.T) {
	const from = "../../charts/monitoring/rules"
	to := t.TempDir()
	if err := quickRules(to, from); err != nil {
		t.Fatal(err)
	}
	want, err := rules.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rules.Read(to)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d rules of %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Expr != want[i].Expr || got[i].Alert != want[i].Alert || got[i].Record != want[i].Record {
			t.Errorf("%s%s became %s", want[i].Alert, want[i].Record, got[i].Expr)
		}
	}
	text, err := os.ReadFile(filepath.Join(to, "services.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "for: 5m") || !strings.Contains(string(text), "for: 2s") {
		t.Error("alerts still wait for minutes")
	}
}

// The example's routes are kept; all its receivers are this program.
func TestAlertmanagerKeepsTheRoutes(t *testing.T) {
	file, err := writeAlertmanager(t.TempDir(), "../../charts/monitoring/alertmanager.yaml", "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"receiver": "data-science"`, `"url": "http://127.0.0.1:1/data-science"`, `"url": "http://127.0.0.1:1/on-call"`, `"source_matchers"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s", want)
		}
	}
	for _, gone := range []string{"pagerduty", "slack"} {
		if strings.Contains(string(text), gone) {
			t.Errorf("%s would be called", gone)
		}
	}
}

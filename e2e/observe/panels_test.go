package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/grafana"
)

// fake answers queries as Prometheus would, from what is known by expression.
func fake(t *testing.T, known map[string]string) prometheus {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/label/version/values"):
			_, _ = w.Write([]byte(`{"status": "success", "data": ["1", "10", "9"]}`))
		case known[r.FormValue("query")] == "":
			_, _ = w.Write([]byte(`{"status": "error", "error": "parse error"}`))
		default:
			_, _ = w.Write([]byte(`{"status": "success", "data": {"resultType": "matrix", "result": ` + known[r.FormValue("query")] + `}}`))
		}
	}))
	t.Cleanup(s.Close)
	return prometheus(s.URL)
}

func dashboard(t *testing.T, expr string) grafana.Dashboard {
	t.Helper()
	text, err := json.Marshal(object{"title": "D",
		"templating": object{"list": []object{{"name": "version", "type": "query", "sort": 4, "query": object{"query": "label_values(info, version)"}}}},
		"panels":     []object{{"title": "P", "targets": []object{{"refId": "A", "expr": expr, "range": true}}}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := grafana.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAPanelThatDoesNotAnswerIsAnError(t *testing.T) {
	p := fake(t, map[string]string{
		`good{v="10"}[15s]`: `[{"metric": {"a": "b"}, "values": [[1, "NaN"], [2, "3"]]}]`,
		`empty`:             `[]`,
		`nan`:               `[{"metric": {}, "values": [[1, "NaN"]]}]`,
	})
	for _, test := range []struct{ expr, says string }{
		{`good{v="$version"}[$__rate_interval]`, ""}, // the newest version, by number
		{`empty`, "no data"},
		{`nan`, "no data"},
		{`wrong(`, "parse error"},
		{`good{v="$unknown"}`, "no value for $unknown"},
	} {
		results, err := ask(t.Context(), p, dashboard(t, test.expr), true, time.Minute)
		if err != nil || len(results) != 1 {
			t.Fatalf("%s: %d results, %v", test.expr, len(results), err)
		}
		got := results[0].err
		if test.says == "" && got != nil || test.says != "" && (got == nil || !strings.Contains(got.Error(), test.says)) {
			t.Errorf("%s: %v; expected %q", test.expr, got, test.says)
		}
	}
}

// Without a cluster its queries are left out, and nothing else is.
func TestQueriesOfAClusterAreLeftOutWithoutOne(t *testing.T) {
	p := fake(t, map[string]string{})
	for expr, asked := range map[string]bool{
		`kube_pod_info`: false, `sum(rate(container_cpu_usage_seconds_total[5m]))`: false, `treehouse_build_info{container="predict"}`: true,
	} {
		results, err := ask(t.Context(), p, dashboard(t, expr), false, time.Minute)
		if err != nil || len(results) != 1 || (results[0].err != nil) != asked {
			t.Errorf("%s: %+v, %v", expr, results, err)
		}
	}
}

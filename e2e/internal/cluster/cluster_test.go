package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSumMetric(t *testing.T) {
	const text = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="OK",method="a"} 3
requests_total{code="OK",method="b"} 4 1795259187884
requests_total{code="NOT_FOUND",method="a"} 5
requests_total_more{code="OK"} 100
resident_bytes 1.5e+06
broken{code="OK"} many
`
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"requests_total", nil, 12},
		{"requests_total", []string{`code="OK"`}, 7},
		{"requests_total", []string{`code="OK"`, `method="b"`}, 4},
		{"requests_total", []string{`code="INTERNAL"`}, 0},
		{"resident_bytes", nil, 1.5e6},
		{"resident_bytes", []string{`code="OK"`}, 0},
		{"broken", nil, 0},
		{"absent", nil, 0},
	} {
		if got := sumMetric(text, c.name, c.labels...); got != c.want {
			t.Errorf("sumMetric(%s, %v) = %v; expected %v", c.name, c.labels, got, c.want)
		}
	}
}

func TestLastSummary(t *testing.T) {
	for _, c := range []struct{ log, want string }{
		{"waiting for the gateway\n" + `{"requests": 3, "ok": 1, "failed": 1, "wrong": 1}` + "\n", ""},
		{`{"requests": 3, "ok": 1, "failed": 1, "wrong": 1}` + "\nbye\n", ""},
		{"load: no right answer within 10s\n", "no summary in its log: load: no right answer"},
		{`{"requests": 3, "ok": 1, "failed": 1, "wrong": 0}`, "3 requests are 1 right, 1 failed and 0 wrong"},
		{`{"requests": `, "not a summary"},
	} {
		s, err := lastSummary(c.log)
		switch {
		case c.want == "" && (err != nil || s.Requests != 3):
			t.Errorf("lastSummary(%q) = %v, %v; expected 3 requests", c.log, s, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("lastSummary(%q): %v; expected %q", c.log, err, c.want)
		}
	}
}

func TestUntil(t *testing.T) {
	count := 0
	if err := Until(t.Context(), time.Minute, func(context.Context) (bool, string, error) { count++; return count == 3, "", nil }); err != nil || count != 3 {
		t.Errorf("%v after %d tries; expected 3", err, count)
	}
	broken := errors.New("broken")
	if err := Until(t.Context(), time.Minute, func(context.Context) (bool, string, error) { return false, "", broken }); !errors.Is(err, broken) {
		t.Errorf("%v; expected what try returned", err)
	}
	err := Until(t.Context(), 50*time.Millisecond, func(ctx context.Context) (bool, string, error) {
		if count++; count > 4 {
			<-ctx.Done()
			return false, ctx.Err().Error(), ctx.Err()
		}
		return false, "1 of 2 pods", nil
	})
	if err == nil || !strings.Contains(err.Error(), "1 of 2 pods") {
		t.Errorf("%v; expected what was last seen, not that time ran out", err)
	}
}

// The models of the repository make the context of a models image: all files,
// and a version whose certificate differs in one number.
func TestWriteModels(t *testing.T) {
	c := &Cluster{o: Options{Repository: filepath.Join("..", "..", "..")}}
	folder := t.TempDir()
	if err := c.writeModels(folder); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(folder, "housing", "3", "model.joblib"))
	if err != nil {
		t.Fatal(err)
	}
	bad, err := os.ReadFile(filepath.Join(folder, "housing", "4", "model.joblib"))
	if err != nil || string(bad) != string(good) {
		t.Errorf("the bad version has another artifact than version 3: %v", err)
	}
	want, got := firstGolden(t, filepath.Join(folder, "housing", "3")), firstGolden(t, filepath.Join(folder, "housing", "4"))
	if math.Abs(got-want) != 1 {
		t.Errorf("the first golden number is %v in version 3 and %v in the bad one; expected them 1 apart", want, got)
	}
	if _, err := os.Stat(filepath.Join(folder, "Dockerfile")); err != nil {
		t.Error(err)
	}
}

func firstGolden(t *testing.T, folder string) float64 {
	t.Helper()
	golden, err := readGolden(filepath.Join(folder, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	row, err := golden.first()
	if err != nil {
		t.Fatal(err)
	}
	return row[0].(float64)
}

func TestReadObjects(t *testing.T) {
	objects, err := readObjects([]byte(`---
# Source: namespace/templates/namespace.yaml
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
# nothing
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%T", objects); len(objects) != 2 {
		t.Errorf("%d objects, %s; expected a Namespace and a NetworkPolicy", len(objects), got)
	}
	if _, err := readObjects([]byte("apiVersion: v1\nkind: Namespaze\n")); err == nil || !strings.Contains(err.Error(), "Namespaze") {
		t.Errorf("%v; expected it to name the kind", err)
	}
}

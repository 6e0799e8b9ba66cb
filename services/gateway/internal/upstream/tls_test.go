package upstream

import (
	"strings"
	"testing"
)

func TestServerName(t *testing.T) {
	for _, c := range []struct{ target, want, err string }{
		{"k8s:///predict-headless:9000", "predict-headless", ""},
		{"dns:///predict-headless.mlops-housing.svc:9000", "predict-headless.mlops-housing.svc", ""},
		{"localhost:9000", "localhost", ""},
		{"10.0.0.1:9000, 10.0.0.1:9001", "10.0.0.1", ""},
		{"[::1]:9000", "::1", ""},
		{"a:1,b:1", "", "a and b are several hosts"},
		{"nowhere", "", `"nowhere" is not host:port`},
	} {
		got, err := ServerName(c.target)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %q, %v, want %q, %s", c.target, got, err, c.want, c.err)
		}
	}
}

package main

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckCommand(t *testing.T) {
	answers := map[string]string{
		"/health":                   `{"status":"ok"}`,
		"/api/v1/models":            `{"models":[{"name":"m"}]}`,
		"/api/v1/models/m":          `{"version":{"version":"7"},"signature":{"features":[{"name":"x","type":"FEATURE_TYPE_NUMBER"}]}}`,
		"/v1/models/m:predict":      `{"predictions":[0.5]}`,
		"/broken/health":            `{"status":"ok"}`,
		"/broken/api/v1/models":     `{"models":[]}`,
		"/late/health":              `{"status":"ok"}`,
		"/late/api/v1/models/m":     `{"version":{"version":"1"}}`,
		"/late/v1/models/m:predict": `{"predictions":["yes"]}`,
		"/late/api/v1/models":       `{"models":[{"name":"m"}]}`,
	}
	late := true
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late/api/v1/models" && late {
			late = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string // a part
	}{
		{"a gateway that works", []string{"--ca", ca, server.URL}, 0, "m version 7 answers 0.5\n", ""},
		{"one that works a second later", []string{"--ca", ca, server.URL + "/late/"}, 0, "m version 1 answers \"yes\"\n", ""},
		{"one without models", []string{"--ca", ca, "--timeout", "3s", server.URL + "/broken"}, 1, "", "gateway check: the gateway is healthy, but predict serves no model\n"},
		{"one that is not trusted", []string{"--timeout", "3s", server.URL}, 1, "", "certificate"},
		{"no URL", nil, 2, "", `gateway check: got []; expected one URL, as in http://gateway`},
		{"a host", []string{"gateway:80"}, 2, "", `gateway check: got ["gateway:80"]; expected one URL`},
		{"two", []string{server.URL, server.URL}, 2, "", "expected one URL"},
		{"an authority that is none", []string{"--ca", os.DevNull, server.URL}, 1, "", "expected certificates in PEM format"},
		{"an unknown flag", []string{"--colour"}, 2, "", "-colour"},
		{"help", []string{"--help"}, 0, "", "Usage: gateway check [flags] URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // the ones that fail wait for their time to be over
			var stdout, stderr strings.Builder
			code := runCheck(tt.args, &stdout, &stderr)
			if code != tt.code || stdout.String() != tt.stdout || !strings.Contains(stderr.String(), tt.stderr) || (tt.stderr == "" && stderr.Len() > 0) {
				t.Errorf("exit %d, wrote %q and %q; want %d, %q, %q", code, stdout.String(), stderr.String(), tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// settings are what the environment says; README.md explains each.
type settings struct {
	cluster.Options
	pause    string // E2E_PAUSE_APISERVER
	requests int    // E2E_REQUESTS
	required bool   // E2E_REQUIRED
}

func readSettings() (settings, error) {
	env := func(name, otherwise string) string {
		if v := os.Getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	top, err := filepath.Abs("..")
	if err != nil {
		return settings{}, err
	}
	requests, err := strconv.Atoi(env("E2E_REQUESTS", "100000"))
	if err != nil || requests < 1 || requests > 10_000_000 {
		return settings{}, fmt.Errorf("E2E_REQUESTS is %q; expected 1 to 10000000", os.Getenv("E2E_REQUESTS"))
	}
	return settings{
		Options: cluster.Options{
			Kubeconfig: os.Getenv("KUBECONFIG"), LoadImage: os.Getenv("E2E_LOAD_IMAGE"),
			Registry: env("E2E_REGISTRY", "localhost/treehouse"), ModelsPath: os.Getenv("E2E_MODELS_PATH"),
			StorageClass: os.Getenv("E2E_STORAGE_CLASS"), Repository: top, Keep: os.Getenv("E2E_KEEP") == "1", Out: os.Stdout,
		},
		pause: os.Getenv("E2E_PAUSE_APISERVER"), requests: requests, required: os.Getenv("E2E_REQUIRED") == "1",
	}, nil
}

// notRun says plainly that something was not tested for want of what, and
// fails where everything must be.
func notRun(t *testing.T, required bool, what, want string) {
	t.Helper()
	fmt.Printf("not run: %s: %s\n", what, want)
	if required {
		t.Fatalf("%s was not run, and E2E_REQUIRED=1: %s", what, want)
	}
	t.SkipNow()
}

func TestCluster(t *testing.T) {
	o, err := readSettings()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value string }{{"KUBECONFIG", o.Kubeconfig}, {"E2E_LOAD_IMAGE", o.LoadImage}} {
		if c.value == "" {
			notRun(t, o.required, "the tests on a cluster", c.name+" is not set")
		}
	}
	for _, program := range []string{"helm", "kubectl"} {
		if _, err := exec.LookPath(program); err != nil {
			notRun(t, o.required, "the tests on a cluster", program+" is not on the PATH")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := cluster.Open(ctx, o.Options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	s := &suite{Cluster: c, settings: o}
	defer s.report(t)
	s.run(t)
}

// report prints the results, and writes them where a script looks for them.
func (s *suite) report(t *testing.T) {
	s.record("e2e_requests", float64(s.Checked()))
	s.record("e2e_failed_planned", float64(s.failedPlanned))
	var lines strings.Builder
	for _, r := range s.results {
		fmt.Fprintf(&lines, "result %s %s\n", r.name, strconv.FormatFloat(r.value, 'f', r.digits, 64))
	}
	file := os.Getenv("E2E_RESULTS")
	if file == "" {
		fmt.Print(lines.String())
	} else if err := os.WriteFile(file, []byte(lines.String()), 0o644); err != nil {
		t.Error(err)
	}
}

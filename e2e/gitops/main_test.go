//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

const (
	// control is the namespace of Argo CD, environment the one that the root
	// application makes for dev.
	control     = "argocd"
	environment = "mlops-housing-dev"
)

// A suite is one run.
type suite struct {
	*cluster.Cluster                  // the tests' own namespace, where the load runs
	dev              *cluster.Cluster // the environment's
	apps             dynamic.Interface
	repo             *repository
	load             *cluster.Load
	results          []string
}

func (s *suite) record(name string, value float64) {
	s.results = append(s.results, fmt.Sprintf("result %s %s", name, strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)))
}

func TestGitOps(t *testing.T) {
	env := func(name, otherwise string) string {
		if v := os.Getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	for _, name := range []string{"KUBECONFIG", "E2E_LOAD_IMAGE"} {
		if os.Getenv(name) == "" {
			t.Fatalf("%s is not set; e2e/README.md tells what it is", name)
		}
	}
	top, err := filepath.Abs("../..")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := cluster.Open(ctx, cluster.Options{
		Kubeconfig: os.Getenv("KUBECONFIG"), LoadImage: os.Getenv("E2E_LOAD_IMAGE"),
		Registry: env("E2E_REGISTRY", "localhost/treehouse"), Repository: top, Keep: os.Getenv("E2E_KEEP") == "1", Out: os.Stdout,
	})
	must(t, err)
	s := &suite{Cluster: c, dev: c.In(environment)}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	s.apps, err = dynamic.NewForConfig(c.Config)
	must(t, err)
	must(t, s.unused(ctx))
	s.run(t)
	s.report(t)
}

// report prints the results, and writes them where a script looks for them.
func (s *suite) report(t *testing.T) {
	lines := strings.Join(s.results, "\n") + "\n"
	if file := os.Getenv("E2E_RESULTS"); file == "" {
		fmt.Print(lines)
	} else if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
		t.Error(err)
	}
}

// The parts run in this order, each on what the ones before left behind.
var parts = []struct {
	name string
	run  func(*suite, *testing.T)
}{
	{"images and repository", (*suite).prepare},
	{"the root application brings dev up", (*suite).bringUp},
	{"a push of a version", (*suite).pushVersion},
	{"a push of models", (*suite).pushModels},
	{"promotion", (*suite).promote},
	{"git revert", (*suite).revert},
	{"by hand", (*suite).byHand},
	{"what cannot work", (*suite).bad},
	{"outside of its project", (*suite).outside},
	{"a removed service", (*suite).removeService},
	{"the end", (*suite).end},
}

func (s *suite) run(t *testing.T) {
	for _, part := range parts {
		begin := time.Now()
		t.Run(part.name, func(t *testing.T) { part.run(s, t) })
		s.Say("%s: %.1f s", part.name, time.Since(begin).Seconds())
		if t.Failed() { // the rest would only fail, too
			s.dump(context.WithoutCancel(t.Context()))
			s.abandon(context.WithoutCancel(t.Context()))
			return
		}
	}
}

// dump prints what one would look at after a failure.
func (s *suite) dump(ctx context.Context) {
	out, err := s.Run(ctx, nil, "kubectl", "--namespace", control, "get", "applications,applicationsets", "--output", "yaml")
	if err == nil {
		lines := strings.Split(out, "\n")
		fmt.Println(strings.Join(lines[:min(len(lines), 900)], "\n"))
	}
	s.dev.Dump(ctx)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// next is the tag of the version of predict that is rolled out.
func (s *suite) next() string { return s.Tag + "-next" }

// prepare builds the images and the repository. Its dev differs from the real
// one in what a cluster of one small node without AWS asks for.
func (s *suite) prepare(t *testing.T) {
	ctx := t.Context()
	must(t, s.BuildServices(ctx, "gateway", "predict"))
	must(t, s.LoadService(ctx, "predict", s.next()))
	must(t, s.BuildLoad(ctx))
	must(t, s.BuildModels(ctx))

	var err error
	s.repo, err = newRepository(ctx, s.Cluster)
	must(t, err)
	must(t, s.repo.write("environments: [dev]\napplications: []\n", "argocd", "clusters", "dev.yaml"))
	for _, service := range []string{"gateway", "predict"} {
		values := cluster.Values{
			"image":           cluster.Values{"repository": s.Repository(service), "pullPolicy": "IfNotPresent"},
			"resources":       cluster.Values{"requests": cluster.Values{"cpu": "20m", "memory": "64Mi"}},
			"autoscaling":     cluster.Values{"minReplicas": 2, "maxReplicas": 2},
			"drain":           cluster.Values{"preStopSeconds": 3, "waitSeconds": 2, "stopSeconds": 10},
			"progressSeconds": 30,
			"networkPolicy":   cluster.Values{"callers": []cluster.Values{{"namespace": s.Namespace}}},
			"serviceMonitor":  cluster.Values{"enabled": false},
		}
		if service == "gateway" {
			// An Ingress is healthy once it has an address, which nothing here gives.
			values["ingress"] = cluster.Values{"enabled": false}
		}
		if service == "predict" {
			values["startupSeconds"] = 5
			values["repository"] = cluster.Values{"url": "", "image": s.Image("models")}
			values["requireCertificate"] = true
		}
		must(t, s.repo.override(values, "argocd", "envs", "dev", service, "values.yaml"))
		must(t, s.setVersion(service, s.Tag))
	}
	_, err = s.repo.push(ctx, "Serve on a small cluster")
	must(t, err)
}

func (s *suite) setVersion(service, tag string) error {
	return s.repo.write(fmt.Sprintf("image:\n  tag: %q\n  digest: \"\"\n", tag), "argocd", "envs", "dev", service, "version.yaml")
}

// bootstrap renders the root application, as argocd/README.md has it.
func (s *suite) bootstrap(ctx context.Context) (file string, err error) {
	folder, err := s.Temp("bootstrap")
	if err != nil {
		return "", err
	}
	out, err := s.Run(ctx, nil, "helm", "template", "root", s.Path("argocd", "root"), "--namespace", control,
		"--set", "bootstrap=true,cluster=dev,repoURL="+s.repo.url, "--show-only", "templates/bootstrap.yaml")
	if err != nil {
		return "", err
	}
	file = filepath.Join(folder, "bootstrap.yaml")
	return file, os.WriteFile(file, []byte(out), 0o600)
}

// start applies the root application and waits until all runs.
func (s *suite) start(ctx context.Context) error {
	file, err := s.bootstrap(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Run(ctx, nil, "kubectl", "apply", "--filename", file); err != nil {
		return err
	}
	for _, name := range []string{"root", "dev-namespace", "dev-gateway", "dev-predict"} {
		if err := s.eventually(ctx, name, 2*time.Minute, func(a *application) bool { return a.good("") }); err != nil {
			return err
		}
	}
	return nil
}

// bringUp starts it all, and waits for a price.
func (s *suite) bringUp(t *testing.T) {
	ctx := t.Context()
	begin := time.Now()
	must(t, s.start(ctx))
	for _, service := range []string{"gateway", "predict"} {
		must(t, s.scaled(ctx, service))
	}
	s.Say("  dev is up: %.1f s", time.Since(begin).Seconds())
	// The autoscaler has set the replicas meanwhile; that is no difference.
	for _, name := range []string{"dev-gateway", "dev-predict"} {
		must(t, s.eventually(ctx, name, 10*time.Second, func(a *application) bool { return a.good("") }))
	}
	out, err := s.Run(ctx, nil, "kubectl", "--namespace", control, "get", "applications,applicationsets,appprojects")
	must(t, err)
	s.Say("  kubectl get applications,applicationsets,appprojects\n%s", out)
	// From here on one load goes on, until a service is removed.
	s.load, err = s.StartLoad(ctx, "gitops", "--http", "http://gateway."+environment, "--grpc", "dns:///predict-headless."+environment+":9000",
		"--rate", "200", "--connections", "16", "--versions", "2,3")
	must(t, err)
	seen, err := s.load.Summary(ctx)
	must(t, err)
	s.Say("  prices are served by version %v", seen.Versions)
}

// scaled waits until the autoscaler has both pods running: until it acts for
// the first time there is one.
func (s *suite) scaled(ctx context.Context, service string) error {
	return cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		pods, err := s.dev.Pods(ctx, service)
		ready := 0
		for i := range pods {
			if cluster.Ready(&pods[i]) {
				ready++
			}
		}
		return ready == 2, fmt.Sprintf("%d of 2 pods of %s are ready", ready, service), err
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// onCluster is the part on a cluster: both charts with their autoscalers, and
// what Prometheus scrapes of Kubernetes.
type onCluster struct {
	*cluster.Cluster
	scrapes   []scrape
	installed chan error
}

// openCluster connects, starts kube-state-metrics beside the cluster, and
// begins to install.
func openCluster(ctx context.Context, r *observed) (*onCluster, error) {
	if r.LoadImage == "" {
		return nil, fmt.Errorf("E2E_LOAD_IMAGE is not set; it is the command that puts images on the cluster of KUBECONFIG")
	}
	c, err := cluster.Open(ctx, cluster.Options{Kubeconfig: r.Kubeconfig, LoadImage: r.LoadImage, Registry: "localhost/treehouse", Repository: r.Repository, Out: os.Stdout})
	if err != nil {
		return nil, err
	}
	o := &onCluster{Cluster: c, installed: make(chan error, 1)}
	if err := o.targets(ctx, r); err != nil {
		_ = o.close()
		return nil, err
	}
	go func() { o.installed <- o.install(ctx) }()
	return o, nil
}

// targets are kube-state-metrics, which runs here, and the kubelets, by way of
// the API server.
func (o *onCluster) targets(ctx context.Context, r *observed) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	if _, err := r.programs.start("kube-state-metrics", "--kubeconfig="+r.Kubeconfig, "--host=127.0.0.1", fmt.Sprintf("--port=%d", ports[0]),
		"--telemetry-host=127.0.0.1", fmt.Sprintf("--telemetry-port=%d", ports[1])); err != nil {
		return err
	}
	o.scrapes = []scrape{{job: "kube-state-metrics", address: fmt.Sprintf("127.0.0.1:%d", ports[0]), more: object{"honor_labels": true, "scrape_interval": "2s", "scrape_timeout": "2s"}}}

	credentials := map[string]string{}
	for name, content := range map[string][]byte{"ca_file": o.Config.CAData, "cert_file": o.Config.CertData, "key_file": o.Config.KeyData} {
		if len(content) > 0 {
			credentials[name] = filepath.Join(r.folder, name)
			if err := os.WriteFile(credentials[name], content, 0o600); err != nil {
				return err
			}
		}
	}
	for name, file := range map[string]string{"ca_file": o.Config.CAFile, "cert_file": o.Config.CertFile, "key_file": o.Config.KeyFile} {
		if file != "" && credentials[name] == "" {
			credentials[name] = file
		}
	}
	nodes, err := o.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range nodes.Items {
		more := object{"honor_labels": true, "scheme": "https", "tls_config": credentials, "scrape_interval": "5s", "scrape_timeout": "5s",
			"metrics_path": "/api/v1/nodes/" + node.Name + "/proxy/metrics/cadvisor"}
		if token := o.Config.BearerToken; token != "" {
			more["authorization"] = object{"credentials": token}
		}
		o.scrapes = append(o.scrapes, scrape{job: "kubelet-" + node.Name, more: more,
			address: strings.TrimPrefix(o.Config.Host, "https://"), labels: map[string]string{"node": node.Name}})
	}
	return nil
}

// install runs both charts, small, with their autoscalers on.
func (o *onCluster) install(ctx context.Context) error {
	if err := o.BuildServices(ctx, "gateway", "predict"); err != nil {
		return err
	}
	if err := o.FillModels(ctx); err != nil {
		return err
	}
	scaled := cluster.Values{"autoscaling": cluster.Values{"enabled": true, "minReplicas": 1, "maxReplicas": 2}}
	predict := cluster.Values{"environment": "dev"}
	for key, value := range scaled {
		predict[key] = value
	}
	gateway := make(chan error, 1)
	go func() { gateway <- o.Release("gateway", "gateway", scaled).Upgrade(ctx) }()
	err := o.Release("predict", "predict", predict).Upgrade(ctx)
	return errors.Join(err, <-gateway)
}

// wait returns when the charts are installed.
func (o *onCluster) wait() error {
	err := <-o.installed
	o.installed <- err
	return err
}

func (o *onCluster) close() error {
	select {
	case err := <-o.installed:
		o.installed <- err // whoever waits for it has said so
	case <-time.After(time.Second): // it was interrupted, and ends with the context
	}
	return o.Cluster.Close(context.Background())
}

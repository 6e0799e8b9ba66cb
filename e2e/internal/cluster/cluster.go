// Package cluster is what the end-to-end tests stand on: a namespace of their
// own on a Kubernetes cluster, images, a volume of models, Helm releases and
// pods that make load. It asks for a kubeconfig and a command that puts images
// on the cluster, and for nothing of the cluster's own making.
package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options say which cluster, and how to reach what Kubernetes has no API for.
type Options struct {
	Kubeconfig string
	// LoadImage is a command, called as LoadImage NAME:TAG CONTEXT [flags of the
	// builder]: it builds an image and puts it where the cluster finds it.
	LoadImage string
	// Registry is what the images' names begin with.
	Registry string
	// ModelsPath is a directory on the node that becomes the volume of models.
	// Empty is a new one on this machine, which then is the node.
	ModelsPath string
	// StorageClass, if set, provides that volume instead.
	StorageClass string
	// Repository is the root of this project's files.
	Repository string
	// Keep leaves the namespace behind.
	Keep bool
	// Out receives the progress.
	Out io.Writer
}

// A Cluster is the tests' own corner of a cluster.
type Cluster struct {
	Client    kubernetes.Interface
	Config    *rest.Config
	Namespace string
	Tag       string // of every image that Build makes

	o     Options
	node  *corev1.Node
	temp  string
	begin time.Time

	mu       sync.Mutex
	cleanups []cleanup
	checked  int
}

type cleanup struct {
	what string
	do   func(context.Context) error
}

// Open connects and makes the namespace. Close takes away what it made.
func Open(ctx context.Context, o Options) (*Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("KUBECONFIG %s: %w", o.Kubeconfig, err)
	}
	config.QPS, config.Burst, config.WarningHandler = 100, 200, rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	c := &Cluster{Client: client, Config: config, o: o, begin: now,
		Tag:       "e2e-" + now.UTC().Format("20060102-150405"),
		Namespace: "th-e2e-" + now.UTC().Format("150405") + fmt.Sprintf("-%d", os.Getpid())}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	c.temp, err = os.MkdirTemp("", "treehouse-e2e-")
	if err != nil {
		return err
	}
	c.cleanup("temporary files", func(context.Context) error { return os.RemoveAll(c.temp) })
	version, err := c.Client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("the cluster of KUBECONFIG does not answer: %w", err)
	}
	nodes, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range nodes.Items {
		if n := &nodes.Items[i]; c.node == nil && !n.Spec.Unschedulable && nodeReady(n) {
			c.node = n
		}
	}
	if c.node == nil {
		return fmt.Errorf("none of the cluster's %d nodes is ready", len(nodes.Items))
	}
	c.Say("Kubernetes %s, %d nodes; namespace %s", version.GitVersion, len(nodes.Items), c.Namespace)
	return c.makeNamespace(ctx)
}

// In is the same cluster, seen from another namespace, which is not ours to
// make or to remove.
func (c *Cluster) In(namespace string) *Cluster {
	return &Cluster{Client: c.Client, Config: c.Config, Namespace: namespace, Tag: c.Tag, o: c.o, node: c.node, temp: c.temp, begin: c.begin}
}

func nodeReady(n *corev1.Node) bool {
	for _, condition := range n.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// cleanup registers what Close does, last first.
func (c *Cluster) cleanup(what string, do func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cleanups = append(c.cleanups, cleanup{what, do})
}

// cleanupFirst registers what Close does after everything registered before.
func (c *Cluster) cleanupFirst(what string, do func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cleanups = append([]cleanup{{what, do}}, c.cleanups...)
}

// Close undoes everything that was registered, last first, whatever fails.
func (c *Cluster) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	c.mu.Lock()
	cleanups := c.cleanups
	c.cleanups = nil
	c.mu.Unlock()
	var errs []error
	for i := len(cleanups) - 1; i >= 0; i-- {
		if err := cleanups[i].do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("cleaning up %s: %w", cleanups[i].what, err))
		}
	}
	return errors.Join(errs...)
}

// Say prints a line of progress with the seconds since the start.
func (c *Cluster) Say(format string, args ...any) {
	fmt.Fprintf(c.o.Out, "%7.1f s  %s\n", time.Since(c.begin).Seconds(), fmt.Sprintf(format, args...))
}

// Path is a file of this project.
func (c *Cluster) Path(elements ...string) string {
	return filepath.Join(append([]string{c.o.Repository}, elements...)...)
}

// Temp is a new directory that Close removes.
func (c *Cluster) Temp(name string) (string, error) { return os.MkdirTemp(c.temp, name+"-") }

// Run runs a command in the project's root, and returns what it printed.
func (c *Cluster) Run(ctx context.Context, environment []string, name string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) // #nosec G204 -- the tests' own commands
	cmd.Dir = c.o.Repository
	cmd.Env = append(append(os.Environ(), "KUBECONFIG="+c.o.Kubeconfig), environment...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out.String())
	}
	return out.String(), nil
}

// Until calls try every 100 ms until it says true, an error, or ctx ends: then
// it returns what try's last answer was about.
func Until(ctx context.Context, timeout time.Duration, try func(context.Context) (done bool, about string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last := "nothing yet"
	for {
		done, about, err := try(ctx)
		switch {
		case ctx.Err() != nil: // try says only that
		case err != nil:
			return err
		case done:
			return nil
		case about != "":
			last = about
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %v: %s", timeout, last)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

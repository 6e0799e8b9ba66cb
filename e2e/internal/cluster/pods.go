package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pods are the pods of a release, those that end included.
func (c *Cluster) Pods(ctx context.Context, release string) ([]corev1.Pod, error) {
	list, err := c.Client.CoreV1().Pods(c.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + release})
	if err != nil {
		return nil, err
	}
	var pods []corev1.Pod
	for _, pod := range list.Items {
		if len(pod.OwnerReferences) > 0 && pod.OwnerReferences[0].Kind == "ReplicaSet" { // no pod of `helm test`
			pods = append(pods, pod)
		}
	}
	return pods, nil
}

// Ready tells whether a pod is ready and not being deleted.
func Ready(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// State says in a few words why a pod is where it is.
func State(pod *corev1.Pod) string {
	words := []string{"pod", pod.Name, string(pod.Status.Phase)}
	if pod.DeletionTimestamp != nil {
		words = append(words, "terminating")
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			words = append(words, condition.Message)
		}
	}
	for _, s := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		if w := s.State.Waiting; w != nil {
			words = append(words, w.Reason, w.Message)
		}
		if t := s.State.Terminated; t != nil {
			words = append(words, t.Reason, "exit code", strconv.Itoa(int(t.ExitCode)))
		}
	}
	return strings.Join(words, " ")
}

// Settled waits until a Deployment has what it wants: every pod of the newest
// kind, ready, and none of those before left, not even draining.
func (c *Cluster) Settled(ctx context.Context, release string, timeout time.Duration) error {
	err := Until(ctx, timeout, func(ctx context.Context) (bool, string, error) {
		d, err := c.Client.AppsV1().Deployments(c.Namespace).Get(ctx, release, metav1.GetOptions{})
		if err != nil {
			return false, err.Error(), nil
		}
		pods, err := c.Pods(ctx, release)
		if err != nil {
			return false, err.Error(), nil
		}
		// The pods themselves, too: a status may tell of those that are gone.
		settled, about := complete(d) && len(pods) == int(*d.Spec.Replicas), deploymentState(d, len(pods))
		for i := range pods {
			if !Ready(&pods[i]) {
				settled = false
				about += "; " + State(&pods[i])
			}
		}
		return settled, about, nil
	})
	if err != nil {
		return fmt.Errorf("deployment %s did not settle: %w", release, err)
	}
	return nil
}

func complete(d *appsv1.Deployment) bool {
	want := *d.Spec.Replicas
	s := d.Status
	return s.ObservedGeneration >= d.Generation && s.UpdatedReplicas == want && s.Replicas == want && s.AvailableReplicas == want
}

func deploymentState(d *appsv1.Deployment, pods int) string {
	return fmt.Sprintf("%d of %d replicas are up to date, %d available, %d pods", d.Status.UpdatedReplicas, *d.Spec.Replicas, d.Status.AvailableReplicas, pods)
}

// Get asks a pod's port for a path, through the API server. It waits at most
// some seconds: a pod that is gone answers nothing, not even a refusal.
func (c *Cluster) Get(ctx context.Context, pod string, port int, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return c.Client.CoreV1().Pods(c.Namespace).ProxyGet("http", pod, strconv.Itoa(port), path, nil).DoRaw(ctx)
}

// AdminPort is a release's port of /metrics.
func AdminPort(release string) int {
	if strings.HasPrefix(release, "gateway") {
		return 9090
	}
	return 9091
}

// Metric is the sum of a pod's metric over the label sets that contain all of
// the given texts, such as `code="OK"`.
func (c *Cluster) Metric(ctx context.Context, pod string, port int, name string, labels ...string) (float64, error) {
	data, err := c.Get(ctx, pod, port, "metrics")
	if err != nil {
		return 0, fmt.Errorf("the metrics of pod %s: %w", pod, err)
	}
	return sumMetric(string(data), name, labels...), nil
}

func sumMetric(text, name string, labels ...string) (sum float64) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		set, number := "", rest
		if end := strings.LastIndexByte(rest, '}'); end >= 0 {
			set, number = rest[:end], rest[end+1:]
		}
		all := true
		for _, label := range labels {
			all = all && strings.Contains(set, label)
		}
		// A timestamp may follow the number.
		if fields := strings.Fields(number); all && len(fields) > 0 {
			if value, err := strconv.ParseFloat(fields[0], 64); err == nil {
				sum += value
			}
		}
	}
	return sum
}

// ReadyMilliseconds is how long a pod's process took to be ready, as it says
// itself: the field after_ms of the log line "ready".
func (c *Cluster) ReadyMilliseconds(ctx context.Context, pod string) (float64, error) {
	log, err := c.Logs(ctx, pod)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(log) {
		var entry struct {
			Msg     string   `json:"msg"`
			AfterMS *float64 `json:"after_ms"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "ready" && entry.AfterMS != nil {
			return *entry.AfterMS, nil
		}
	}
	return 0, fmt.Errorf("pod %s logged no line \"ready\" with after_ms", pod)
}

// ThrottledSeconds is how long a pod's containers were held back by their CPU
// limit so far, as the kubelet measures it.
func (c *Cluster) ThrottledSeconds(ctx context.Context, pod *corev1.Pod) (float64, error) {
	data, err := c.Client.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes", pod.Spec.NodeName, "proxy", "metrics", "cadvisor").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("the kubelet's metrics of node %s: %w", pod.Spec.NodeName, err)
	}
	labels := []string{`namespace="` + c.Namespace + `"`, `pod="` + pod.Name + `"`, `container="` + pod.Spec.Containers[0].Name + `"`}
	return sumMetric(string(data), "container_cpu_cfs_throttled_seconds_total", labels...), nil
}

package cluster

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// toolPod is a pod of the tests themselves, as the level restricted wants it.
func (c *Cluster) toolPod(name, image string, args ...string) *corev1.Pod {
	yes, no, user, grace := true, false, int64(65532), int64(5)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{toolsLabel: name}},
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			AutomountServiceAccountToken:  &no,
			EnableServiceLinks:            &no,
			TerminationGracePeriodSeconds: &grace,
			SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name: name, Image: image, Args: args, ImagePullPolicy: corev1.PullIfNotPresent,
				SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
					Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("512Mi")},
				},
			}},
		},
	}
}

// runTool runs a pod to its end and removes it.
func (c *Cluster) runTool(ctx context.Context, pod *corev1.Pod, timeout time.Duration) error {
	if _, err := c.Client.CoreV1().Pods(c.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	phase, err := c.toolEnd(ctx, pod.Name, timeout)
	if err != nil {
		return err
	}
	if phase != corev1.PodSucceeded {
		log, _ := c.Logs(ctx, pod.Name)
		return fmt.Errorf("pod %s %s: %s", pod.Name, phase, strings.TrimSpace(log))
	}
	return c.removePod(ctx, pod.Name)
}

// toolEnd waits until a pod has ended.
func (c *Cluster) toolEnd(ctx context.Context, name string, timeout time.Duration) (phase corev1.PodPhase, err error) {
	err = Until(ctx, timeout, func(ctx context.Context) (bool, string, error) {
		pod, err := c.Client.CoreV1().Pods(c.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error(), nil // the API server may be away for a while
		}
		phase = pod.Status.Phase
		return phase == corev1.PodSucceeded || phase == corev1.PodFailed, State(pod), nil
	})
	return phase, err
}

// removePod deletes a pod at once: it has ended.
func (c *Cluster) removePod(ctx context.Context, name string) error {
	now := int64(0)
	return c.Client.CoreV1().Pods(c.Namespace).Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: &now})
}

// Logs are what the first container of a pod wrote.
func (c *Cluster) Logs(ctx context.Context, pod string) (string, error) {
	stream, err := c.Client.CoreV1().Pods(c.Namespace).GetLogs(pod, &corev1.PodLogOptions{}).Stream(ctx)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	data, err := io.ReadAll(io.LimitReader(stream, 16<<20))
	return string(data), err
}

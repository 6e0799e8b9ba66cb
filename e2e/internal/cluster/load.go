package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// A Load is a load generator at work, in a pod.
type Load struct {
	Pod string
	c   *Cluster
}

// loadControl is the port on which a load is watched and stopped.
const loadControl = 8081

// StartLoad starts a load generator with the flags of e2e/load and returns
// when it has had its first answers.
func (c *Cluster) StartLoad(ctx context.Context, name string, flags ...string) (*Load, error) {
	l := &Load{Pod: "load-" + name, c: c}
	if _, err := c.Client.CoreV1().Pods(c.Namespace).Create(ctx, c.toolPod(l.Pod, c.Image("load"), flags...), metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	err := Until(ctx, 30*time.Second, func(ctx context.Context) (bool, string, error) {
		pod, err := c.Client.CoreV1().Pods(c.Namespace).Get(ctx, l.Pod, metav1.GetOptions{})
		if err != nil {
			return false, "", err
		}
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
			return true, "", nil
		case corev1.PodFailed:
			log, _ := c.Logs(ctx, l.Pod)
			return false, "", fmt.Errorf("%s: %s", State(pod), strings.TrimSpace(log))
		case corev1.PodRunning:
			if s, err := l.Summary(ctx); err == nil {
				return s.Requests > 0, "no request yet", nil
			}
		}
		return false, State(pod), nil
	})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", l.Pod, err)
	}
	return l, nil
}

// Summary is what the load has seen so far.
func (l *Load) Summary(ctx context.Context) (*summary.Summary, error) { return l.ask(ctx, "summary") }

func (l *Load) ask(ctx context.Context, path string) (*summary.Summary, error) {
	data, err := l.c.Get(ctx, l.Pod, loadControl, path)
	if err != nil {
		return nil, err
	}
	return readSummary(data)
}

func readSummary(data []byte) (*summary.Summary, error) {
	var s summary.Summary
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("not a summary: %q: %w", data, err)
	}
	if s.Requests != s.OK+s.Failed+s.Wrong {
		return nil, fmt.Errorf("a summary in which %d requests are %d right, %d failed and %d wrong", s.Requests, s.OK, s.Failed, s.Wrong)
	}
	return &s, nil
}

// Stop ends the load and tells what it saw.
func (l *Load) Stop(ctx context.Context) (*summary.Summary, error) {
	if _, err := l.ask(ctx, "stop"); err != nil {
		l.c.Say("stopping %s: %v; reading its log", l.Pod, err)
	}
	return l.Wait(ctx, 30*time.Second)
}

// Wait waits until the load has ended by itself and tells what it saw: the
// last line of its log.
func (l *Load) Wait(ctx context.Context, timeout time.Duration) (*summary.Summary, error) {
	if _, err := l.c.toolEnd(ctx, l.Pod, timeout); err != nil {
		return nil, err
	}
	log, err := l.c.Logs(ctx, l.Pod)
	if err != nil {
		return nil, err
	}
	s, err := lastSummary(log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Pod, err)
	}
	l.c.count(s)
	return s, l.c.removePod(ctx, l.Pod)
}

func lastSummary(log string) (*summary.Summary, error) {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], `{`) {
			return readSummary([]byte(lines[i]))
		}
	}
	return nil, errors.New("no summary in its log: " + log)
}

func (c *Cluster) count(s *summary.Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked += s.OK + s.Wrong
}

// Checked is how many answers were compared with the training library's, in
// all loads that have ended.
func (c *Cluster) Checked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checked
}

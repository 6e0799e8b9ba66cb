package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Dump prints what is in the namespace, what happened there and what the pods
// say: all that one would look at after a failure.
func (c *Cluster) Dump(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, args := range [][]string{
		{"get", "deployments,replicasets,pods,endpointslices,hpa,pvc,resourcequotas", "--output", "wide"},
		{"get", "events", "--sort-by", ".lastTimestamp"},
		{"describe", "pods"},
		{"logs", "--selector", "app.kubernetes.io/part-of=treehouse", "--all-containers", "--prefix", "--tail", "40", "--max-log-requests", "20"},
		{"logs", "--selector", toolsLabel, "--prefix", "--tail", "20"},
	} {
		out, err := c.Run(ctx, nil, "kubectl", append([]string{"--namespace", c.Namespace}, args...)...)
		if err != nil {
			out = err.Error()
		}
		fmt.Fprintf(c.o.Out, "---- kubectl %s\n%s\n", strings.Join(args, " "), lastLines(out, 200))
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > n {
		lines = append([]string{fmt.Sprintf("(%d lines left out)", len(lines)-n)}, lines[len(lines)-n:]...)
	}
	return strings.Join(lines, "\n")
}

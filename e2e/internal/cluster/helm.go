package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Values are a chart's values.
type Values = map[string]any

// A Release is one of the charts, installed.
type Release struct {
	Name string // of the release and thereby of its Deployment and Service
	c    *Cluster
	// chart is the chart's folder, file the values all releases of it share.
	chart, file string
	always      Values
}

// Release names a chart's installation. The values are e2e/values/<chart>.yaml
// and what is given here, over which those of each Upgrade go.
func (c *Cluster) Release(chart, name string, always Values) *Release {
	values := Values{"image": Values{"repository": c.Repository(chart), "tag": c.Tag, "pullPolicy": "IfNotPresent"}}
	maps.Copy(values, always)
	return &Release{Name: name, c: c, chart: c.Path("charts", chart), file: c.Path("e2e", "values", chart+".yaml"), always: values}
}

// Helm runs helm in the namespace.
func (c *Cluster) Helm(ctx context.Context, args ...string) (string, error) {
	home := filepath.Join(c.temp, "helm")
	environment := []string{"HELM_CACHE_HOME=" + home, "HELM_CONFIG_HOME=" + home, "HELM_DATA_HOME=" + home}
	return c.Run(ctx, environment, "helm", append(args, "--namespace", c.Namespace)...)
}

// Upgrade installs or upgrades and waits until the rollout is over and the
// last of the old pods has drained.
func (r *Release) Upgrade(ctx context.Context, more ...Values) error {
	if err := r.upgrade(ctx, []string{"--wait", "--timeout", "3m"}, more...); err != nil {
		return err
	}
	return r.c.Settled(ctx, r.Name, time.Minute)
}

// Revise changes the pods' template and nothing else, from now on, so that the
// next upgrade replaces every pod.
func (r *Release) Revise() {
	r.always["podAnnotations"] = Values{toolsLabel: time.Now().Format(time.RFC3339Nano)}
}

// UpgradeOnly hands the change to the cluster and waits for nothing.
func (r *Release) UpgradeOnly(ctx context.Context, more ...Values) error {
	return r.upgrade(ctx, nil, more...)
}

func (r *Release) upgrade(ctx context.Context, flags []string, more ...Values) error {
	args := []string{"upgrade", "--install", r.Name, r.chart, "--reset-values", "--values", r.file}
	folder, err := r.c.Temp("values")
	if err != nil {
		return err
	}
	for i, values := range append([]Values{r.always}, more...) {
		data, err := json.Marshal(values)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, fmt.Sprintf("%d.yaml", i)) // JSON is YAML
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
		args = append(args, "--values", file)
	}
	_, err = r.c.Helm(ctx, append(args, flags...)...)
	return err
}

// Notes are what the chart told after the last upgrade.
func (r *Release) Notes(ctx context.Context) (string, error) {
	return r.c.Helm(ctx, "get", "notes", r.Name)
}

// Revision is the number of the newest revision, which Rollback takes.
func (r *Release) Revision(ctx context.Context) (int, error) {
	out, err := r.c.Helm(ctx, "status", r.Name, "--output", "json")
	if err != nil {
		return 0, err
	}
	var status struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		return 0, fmt.Errorf("helm status %s: %w", r.Name, err)
	}
	return status.Version, nil
}

// Rollback goes back to a revision, and waits like Upgrade.
func (r *Release) Rollback(ctx context.Context, revision int) error {
	if _, err := r.c.Helm(ctx, "rollback", r.Name, strconv.Itoa(revision), "--wait", "--timeout", "3m"); err != nil {
		return err
	}
	return r.c.Settled(ctx, r.Name, time.Minute)
}

// Test runs the chart's own tests.
func (r *Release) Test(ctx context.Context) error {
	out, err := r.c.Helm(ctx, "test", r.Name, "--logs", "--timeout", "2m")
	if err != nil {
		return err
	}
	if !strings.Contains(out, "Succeeded") {
		return fmt.Errorf("helm test %s ran no test:\n%s", r.Name, out)
	}
	return nil
}

// Uninstall removes the release and waits until its objects are gone.
func (r *Release) Uninstall(ctx context.Context) error {
	_, err := r.c.Helm(ctx, "uninstall", r.Name, "--wait", "--timeout", "2m")
	return err
}

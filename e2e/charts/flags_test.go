//go:build charts

package charts

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
)

// Each flag that a chart passes is one that the service has: a pod with a flag
// that is misspelt, or no longer there, would only fail when it starts.
func TestFlagsExist(t *testing.T) {
	binaries := t.TempDir()
	build := exec.Command("go", "build", "-o", binaries, "./services/gateway", "./services/predict")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	help := map[string]string{}
	helpOf := func(command ...string) string {
		key := strings.Join(command, " ")
		if help[key] == "" {
			// The status may be 0 or 2; only what it says counts.
			out, _ := exec.Command(filepath.Join(binaries, command[0]), append(command[1:], "--help")...).CombinedOutput()
			help[key] = string(out)
		}
		return help[key]
	}

	seen := 0
	for _, chart := range []string{"gateway", "predict"} {
		for _, example := range examples(t, chart) {
			objects := render(t, chart, filepath.Base(example))
			var containers []core.Container
			for _, deployment := range typed[apps.Deployment](t, objects, "Deployment") {
				containers = append(containers, deployment.Spec.Template.Spec.InitContainers...)
				containers = append(containers, deployment.Spec.Template.Spec.Containers...)
			}
			for _, pod := range typed[core.Pod](t, objects, "Pod") {
				containers = append(containers, pod.Spec.Containers...)
			}
			for _, container := range containers {
				command := []string{chart}
				if first := container.Args[0]; !strings.HasPrefix(first, "-") {
					command = append(command, first)
				}
				for _, argument := range container.Args {
					flag, _, _ := strings.Cut(argument, "=")
					if !strings.HasPrefix(flag, "--") {
						continue
					}
					seen++
					if !strings.Contains(helpOf(command...), "\n  "+flag+" ") && !strings.Contains(helpOf(command...), "\n  "+flag+"\n") {
						t.Errorf("%s, container %s: %s has no flag %s", example, container.Name, strings.Join(command, " "), flag)
					}
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("saw only %d flags", seen)
	}
}

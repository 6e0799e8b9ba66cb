//go:build chaos && linux

package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// A load is e2e/load, which asks at a steady rate and checks every answer.
type load struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr output
}

// output is what a process says, while it goes on.
type output struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.String()
}

const rate = 150 // requests a second: little, so that faults and not queues are seen

// startLoad returns when the first answer has come.
func (s *scene) startLoad(more ...string) *load {
	s.t.Helper()
	l := &load{t: s.t}
	if s.setup.credential != "" {
		more = append(more, "--credential-file="+s.setup.credential)
	}
	l.cmd = s.gateway.host.command(append([]string{filepath.Join(bin, "load"), "--http=" + s.url, "--golden=" + filepath.Join(repository, "housing"),
		fmt.Sprintf("--rate=%d", rate), "--api=predict,v1,v2", "--connections=512", "--control=", "--timeout=" + patience.String()}, more...)...)
	l.cmd.Stdout, l.cmd.Stderr = &l.stdout, &l.stderr
	if err := l.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	s.until("the load has begun", 20*time.Second, func() bool { return strings.Contains(l.stderr.String(), "started") })
	return l
}

// stop ends the load and tells what it saw.
func (l *load) stop() *summary.Summary {
	l.t.Helper()
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	var sum summary.Summary
	if err := l.cmd.Wait(); err != nil {
		l.t.Fatalf("the load: %v\n%s", err, &l.stderr)
	}
	if err := json.Unmarshal(l.stdout.Bytes(), &sum); err != nil {
		l.t.Fatalf("the load's summary: %v\n%s", err, &l.stdout)
	}
	return &sum
}

// statuses are those of what failed, as in "503: 12, 504: 1".
func statuses(p *summary.Protocol) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(p.Status)) {
		if status != "200" {
			parts = append(parts, fmt.Sprintf("%s: %d", status, p.Status[status]))
		}
	}
	if p.Wrong > 0 {
		parts = append(parts, fmt.Sprintf("wrong: %d", p.Wrong))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// milliseconds is a latency of the summary.
func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

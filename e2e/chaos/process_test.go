//go:build chaos && linux

package chaos

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A process is one of the services, which may be killed and started again.
type process struct {
	t      *testing.T
	name   string
	path   string
	args   []string
	env    []string
	host   host
	group  string // directory of its control group, if it has one
	admin  string
	log    string
	client *http.Client // that reaches its host

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs the process; it is ended with the test.
func (p *process) start() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	command := append([]string{p.path}, p.args...)
	if p.group != "" { // it enters the group, and then becomes the service
		command = append([]string{"bash", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, p.group}, command...)
	}
	cmd := p.host.command(command...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("start %s: %v", p.name, err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	p.cmd, p.done = cmd, done
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(s)
}

// kill ends it without a word and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.signal(syscall.SIGCONT)
	<-p.done
}

// ended reports whether it ended by itself.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// get asks the admin port.
func (p *process) get(path string) (int, string) {
	resp, err := p.client.Get("http://" + p.admin + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

func (p *process) ready() bool {
	status, _ := p.get("/readyz")
	return status == http.StatusOK
}

// A usage is what a process holds.
type usage struct {
	goroutines, descriptors int
	heap                    int64 // bytes that are reachable
}

var heapInUse = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)`)

// usage counts after a collection. The connections by which it asks are closed.
func (p *process) usage() (u usage, err error) {
	defer p.client.CloseIdleConnections()
	status, heap := p.get("/debug/pprof/heap?gc=1&debug=1")
	found := heapInUse.FindStringSubmatch(heap)
	if status != http.StatusOK || found == nil {
		return u, fmt.Errorf("%s: no heap profile: %d %.100s", p.name, status, heap)
	}
	u.heap, _ = strconv.ParseInt(found[1], 10, 64)
	_, metrics := p.get("/metrics")
	for line := range strings.Lines(metrics) {
		if value, ok := strings.CutPrefix(line, "go_goroutines "); ok {
			u.goroutines, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.pid()))
	u.descriptors = len(open)
	return u, err
}

// tail is the end of its log.
func (p *process) tail() string {
	data, _ := os.ReadFile(p.log)
	return string(data[max(0, len(data)-3000):])
}

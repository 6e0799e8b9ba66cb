package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries builds both services once, for all tests that run them.
var binaries = sync.OnceValues(func() (folder string, err error) {
	if folder, err = os.MkdirTemp("", "treehouse"); err != nil {
		return "", err
	}
	built = folder
	build := exec.Command("go", "build", "-o", folder+string(filepath.Separator), ".", "../predict")
	if out, err := build.CombinedOutput(); err != nil {
		return folder, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return folder, nil
})

var built string // the folder, if there is one

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// A stack is both services, running.
type stack struct {
	url        string
	client     *http.Client
	bin        string // the folder of the binaries
	repository string
	admin      struct{ predict, gateway string } // addresses
	predict    *process
	gateway    *process
}

// flags are what the services are told beyond their addresses.
type flags struct {
	predict, gateway []string
	others           []string // addresses of more servers for the gateway
}

func startStack(t *testing.T, more flags) *stack {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{client: http.DefaultClient, bin: bin, repository: t.TempDir()}
	copyTree(t, "../predict/models/housing", filepath.Join(s.repository, "housing"))
	grpcPort, predictAdmin, httpPort, gatewayAdmin := freePort(t), freePort(t), freePort(t), freePort(t)
	s.predict = start(t, filepath.Join(bin, "predict"), append([]string{"serve", "--auth=off", "--repository=" + s.repository,
		"--grpc-address=" + grpcPort, "--admin-address=" + predictAdmin}, more.predict...)...)
	s.gateway = start(t, filepath.Join(bin, "gateway"), append([]string{"--auth=off", "--predict=" + strings.Join(append([]string{grpcPort}, more.others...), ","),
		"--http-address=" + httpPort, "--admin-address=" + gatewayAdmin}, more.gateway...)...)
	s.url = "http://" + httpPort
	s.admin.predict, s.admin.gateway = predictAdmin, gatewayAdmin
	for _, admin := range []string{predictAdmin, gatewayAdmin} {
		s.eventually(t, admin+" is ready", func() bool { status, _ := ask(admin, "/readyz"); return status == http.StatusOK })
	}
	return s
}

// found waits until the gateway has found predict.
func (s *stack) found(t *testing.T) {
	t.Helper()
	s.eventually(t, "the gateway has found predict", func() bool {
		status, _ := s.do(t, http.MethodGet, "/v2/health/ready", "", nil)
		return status == http.StatusOK
	})
}

// ask gets something from an admin port; the status is 0 without an answer.
func ask(admin, path string) (int, string) {
	resp, err := http.Get("http://" + admin + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(body)
}

// A process is a running service.
type process struct {
	cmd  *exec.Cmd
	done chan error
	log  bytes.Buffer
}

func start(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(context.Background(), path, args...), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		p.done <- p.cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-exited
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(path), p.log.String())
		}
	})
	return p
}

// stop sends SIGTERM and expects a clean end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("%s ended with %v after SIGTERM", p.cmd.Path, err)
		}
	case <-time.After(15 * time.Second):
		t.Errorf("%s still runs 15 s after SIGTERM", p.cmd.Path)
	}
}

func (s *stack) do(t *testing.T, method, path, body string, header http.Header) (int, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func (s *stack) eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("after 30 s it is not so that %s", what)
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	// A version appears whole: it is copied beside the repository and moved in.
	staging := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(staging, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(staging, to); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

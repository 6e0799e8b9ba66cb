package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// processes are programs that run beside this one, each with a log in a folder.
type processes struct {
	logs    string
	running []*process
}

type process struct {
	name  string
	log   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// start runs a program until stop.
func (p *processes) start(name string, arguments ...string) (*process, error) {
	r := &process{name: filepath.Base(name), ended: make(chan struct{})}
	r.log = filepath.Join(p.logs, r.name+".log")
	log, err := os.Create(r.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	r.cmd = exec.CommandContext(context.Background(), name, arguments...) // #nosec G204 -- the programs of this run
	r.cmd.Stdout, r.cmd.Stderr = log, log
	// An interrupt of the terminal is for this program, which stops the others.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	go func() {
		_ = r.cmd.Wait() // its state tells
		close(r.ended)
	}()
	p.running = append(p.running, r)
	return r, nil
}

// stop ends all, the last that was started first.
func (p *processes) stop() error {
	var errs []error
	for i := len(p.running) - 1; i >= 0; i-- {
		r := p.running[i]
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-r.ended:
		case <-time.After(30 * time.Second):
			_ = r.cmd.Process.Kill()
			errs = append(errs, fmt.Errorf("%s did not stop within 30 s", r.name))
		}
	}
	p.running = nil
	return errors.Join(errs...)
}

// check fails if one of them has ended, with the end of its log.
func (p *processes) check() error {
	for _, r := range p.running {
		select {
		case <-r.ended:
			text, _ := os.ReadFile(r.log)
			return fmt.Errorf("%s ended by itself (%v); the end of its log:\n%s", r.name, r.cmd.ProcessState, text[max(0, len(text)-2000):])
		default:
		}
	}
	return nil
}

// freePorts are ports of the loopback that nobody listens on.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // all are held until all are known
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// until tries every quarter of a second, as long as the programs run.
func (p *processes) until(ctx context.Context, timeout time.Duration, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ended := p.check(); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v: %w", what, timeout, err)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

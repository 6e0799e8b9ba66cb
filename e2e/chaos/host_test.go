//go:build chaos && linux

package chaos

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A host is a network namespace, or "" for the machine's own.
type host string

// command runs a program on the host. It ends with this process, and does not
// hear the terminal's interrupt.
func (h host) command(args ...string) *exec.Cmd {
	if h != "" {
		args = append([]string{"nsenter", "--net=/run/netns/" + string(h)}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// do makes on the host what stays on it: a connection, an interface.
func (h host) do(f func() error) error {
	if h == "" {
		return f()
	}
	// The thread comes back: if it ended, so would the processes it started.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	file, err := os.Open("/run/netns/" + string(h))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	defer func() {
		if err := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // else the rest would run on the wrong host
		}
	}()
	return f()
}

// client reaches what listens on the host. It keeps no connection of a fault.
func (h host) client(timeout time.Duration) *http.Client {
	dial := func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = h.do(func() error {
			conn, err = (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DialContext: dial}}
}

// addHost makes a namespace with a loopback of its own.
func addHost(name string) (host, error) {
	for _, args := range [][]string{{"netns", "add", name}, {"-n", name, "link", "set", "lo", "up"}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return "", &os.SyscallError{Syscall: "ip: " + string(out), Err: err}
		}
	}
	return host(name), nil
}

func (h host) remove() { _ = exec.Command("ip", "netns", "del", string(h)).Run() }

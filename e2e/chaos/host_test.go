//go:build chaos && linux

package chaos

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A host is a network namespace, or "" for the machine's own.
type host string

// do runs what is to happen on the host: a start of a process, a connection.
func (h host) do(f func() error) error {
	if h == "" {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocks: the thread ends with its namespace
		file, err := os.Open("/run/netns/" + string(h))
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
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

//go:build chaos && linux

package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A network is hosts of their own: the first is the gateway's, the others are
// the predicts', each at the end of a wire.
type network struct {
	hosts []host
	wires []*wire
	ports atomic.Int64
}

var networks atomic.Int64

func newNetwork(t *testing.T, predicts int) *network {
	t.Helper()
	n := &network{}
	name := fmt.Sprintf("chaos-%d-%d", os.Getpid(), networks.Add(1))
	for i := range predicts + 1 {
		h, err := addHost(fmt.Sprintf("%s-%d", name, i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.remove)
		n.hosts = append(n.hosts, h)
	}
	for i := range predicts {
		w, err := newWire(end{n.hosts[0], fmt.Sprintf("to%d", i), n.ip(i, 1)}, end{n.hosts[i+1], "wire", n.ip(i, 2)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.close)
		n.wires = append(n.wires, w)
	}
	return n
}

// ip is of the addresses that documentation uses: they are nobody's.
func (n *network) ip(wire, end int) string { return fmt.Sprintf("192.0.2.%d", 4*wire+end) }

// address is a predict's.
func (n *network) address(i int) string { return n.ip(i, 2) }

func (n *network) port() int64 { return 9000 + n.ports.Add(1) }

// every does something to all wires.
func (n *network) every(do func(*wire)) {
	for _, w := range n.wires {
		do(w)
	}
}

type end struct {
	host host
	name string // of the interface
	ip   string
}

// A wire carries packets between two hosts, and may lose or delay them, or
// carry none. It stands for tc's netem, which not every kernel has: two
// interfaces whose other side is this process.
type wire struct {
	loss  atomic.Int64 // packets of a thousand
	delay atomic.Int64 // of each packet, in nanoseconds
	cut   atomic.Bool  // none gets through, and nobody is told
	lost  atomic.Int64
	ends  [2]*os.File
}

func newWire(a, b end) (*wire, error) {
	w := &wire{}
	for i, e := range []end{a, b} {
		file, err := e.open()
		if err != nil {
			return nil, errors.Join(err, w.ends[0].Close())
		}
		w.ends[i] = file
		peer := b.ip
		if i == 1 {
			peer = a.ip
		}
		for _, args := range [][]string{{"addr", "add", e.ip, "peer", peer, "dev", e.name}, {"link", "set", e.name, "up"}} {
			if out, err := exec.Command("ip", append([]string{"-n", string(e.host)}, args...)...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("ip %v: %w: %s", args, err, out)
			}
		}
	}
	go w.carry(w.ends[0], w.ends[1])
	go w.carry(w.ends[1], w.ends[0])
	return w, nil
}

// open makes an interface on the host; its packets are read from the file.
func (e end) open() (file *os.File, err error) {
	err = e.host.do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("/dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(e.name)
		if err == nil {
			request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		if err != nil {
			_ = unix.Close(fd)
			return fmt.Errorf("make the interface %s: %w", e.name, err)
		}
		file = os.NewFile(uintptr(fd), e.name)
		return nil
	})
	return file, err
}

type packet struct {
	data []byte
	due  time.Time
}

// carry takes packets one way, in their order.
func (w *wire) carry(from, to *os.File) {
	chance := rand.New(rand.NewPCG(1, uint64(from.Fd()))) // #nosec G404 -- the same losses each time
	way := make(chan packet, 4096)
	defer close(way)
	go func() {
		for p := range way {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.data) // a host that is gone takes none
		}
	}()
	for {
		data := make([]byte, 2048)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		if w.cut.Load() || chance.Int64N(1000) < w.loss.Load() {
			w.lost.Add(1)
			continue
		}
		way <- packet{data[:n], time.Now().Add(time.Duration(w.delay.Load()))}
	}
}

func (w *wire) close() {
	for _, e := range w.ends {
		e.Close()
	}
}

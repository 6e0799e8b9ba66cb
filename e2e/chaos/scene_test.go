//go:build chaos && linux

package chaos

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// How the services are run: deadlines that are long beside a prediction and
// short beside a fault.
const (
	deadline = 2 * time.Second // of a request, the gateway's --timeout
	patience = deadline + time.Second
)

// A setup says what a scene differs in.
type setup struct {
	predicts   int // 0 is three
	gateway    []string
	predict    []string
	env        []string // of both
	memory     int64    // bytes that each process may use; 0 does not bound them
	programs   string   // directory of other builds of both
	repository string
	auth       []string // of predicts; nil is --auth=off
	credential string   // file of what the load shows; empty for none
	network    *network // nil: loopback
}

// A scene is a gateway and its predicts.
type scene struct {
	t        *testing.T
	setup    setup
	dir      string
	url      string
	gateway  *process
	predicts []*process
	load     *load
}

var scenes atomic.Int64

func newScene(t *testing.T, o setup) *scene {
	t.Helper()
	if o.predicts == 0 {
		o.predicts = 3
	}
	if o.repository == "" {
		o.repository = repository
	}
	if o.auth == nil {
		o.auth = []string{"--auth=off"}
	}
	s := &scene{t: t, setup: o, dir: t.TempDir()}
	scenes.Add(1)
	var targets []string
	for i := range o.predicts {
		at, on := "127.0.0.1", host("")
		if o.network != nil {
			at, on = o.network.address(i), o.network.hosts[i+1]
		}
		grpc, admin := s.free(at), s.free("127.0.0.1")
		targets = append(targets, grpc)
		args := append([]string{"serve", "--repository=" + o.repository, "--grpc-address=" + grpc, "--admin-address=" + admin, "--log-level=info"}, slices.Concat(o.auth, o.predict)...)
		s.predicts = append(s.predicts, s.add("predict", fmt.Sprintf("predict-%d", i), on, admin, args, o.env))
	}
	on := host("")
	if o.network != nil {
		on = o.network.hosts[0]
	}
	api, admin := s.free("127.0.0.1"), s.free("127.0.0.1")
	s.url = "http://" + api
	s.gateway = s.add("gateway", "gateway", on, admin, append([]string{"--auth=off", "--predict=" + strings.Join(targets, ","), "--http-address=" + api,
		"--admin-address=" + admin, "--timeout=" + deadline.String()}, o.gateway...), o.env)
	t.Cleanup(func() {
		if t.Failed() {
			for _, p := range append(s.predicts, s.gateway) {
				t.Logf("the end of the log %s:\n%s", filepath.Base(p.log), p.tail())
			}
		}
	})
	for _, p := range append(s.predicts, s.gateway) {
		p.start()
		t.Cleanup(p.kill)
	}
	s.until("all are ready", 30*time.Second, func() bool {
		for _, p := range append(s.predicts, s.gateway) {
			if !p.ready() {
				return false
			}
		}
		return true
	})
	return s
}

func (s *scene) add(program, name string, on host, admin string, args, env []string) *process {
	p := &process{t: s.t, name: program, args: args, env: env, host: on, admin: admin, path: filepath.Join(bin, s.setup.programs, program),
		log: filepath.Join(s.dir, name+".log"), client: on.client(5 * time.Second)}
	if s.setup.memory > 0 {
		p.group = newGroup(s.t, s.setup.memory)
	}
	return p
}

// given are the addresses that scenes, which run side by side, were given: one
// that is not listened on yet must not be given twice.
var given sync.Map

// free is a port that nobody has. On a host of its own any will do.
func (s *scene) free(address string) string {
	if s.setup.network != nil {
		return fmt.Sprintf("%s:%d", address, s.setup.network.port())
	}
	for {
		l, err := net.Listen("tcp", address+":0")
		if err != nil {
			s.t.Fatal(err)
		}
		defer l.Close()
		if _, taken := given.LoadOrStore(l.Addr().String(), true); !taken {
			return l.Addr().String()
		}
	}
}

func (s *scene) until(what string, within time.Duration, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not so within %v: %s", within, what)
		}
	}
}

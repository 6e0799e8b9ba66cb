//go:build chaos && linux

package chaos

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A store is moto, a server that speaks S3, behind a relay that can go.
type store struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string // of moto
	relay   *relay
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t: t, address: (&scene{t: t}).free("127.0.0.1")}
	s.start()
	s.relay = newRelay(t, (&scene{t: t}).free("127.0.0.1"), s.address)
	s.put("/models", []byte(`<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>`))
	for version := 1; version <= 3; version++ {
		for _, name := range []string{"golden.json", "model.yaml", "model.joblib"} {
			path := fmt.Sprintf("housing/%d/%s", version, name)
			data, err := os.ReadFile(filepath.Join(repository, path))
			if err != nil {
				t.Fatal(err)
			}
			s.put("/models/"+path, data)
		}
	}
	return s
}

func (s *store) start() {
	s.t.Helper()
	_, port, _ := bytes.Cut([]byte(s.address), []byte(":"))
	s.cmd = host("").command(os.Getenv("CHAOS_MOTO"), "-H", "127.0.0.1", "-p", string(port))
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("CHAOS_MOTO: %v", err)
	}
	s.t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	(&scene{t: s.t}).until("the store answers", 30*time.Second, func() bool {
		resp, err := http.Get("http://" + s.address + "/moto-api/data.json")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
}

func (s *store) put(path string, body []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPut, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=chaos/20260101/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("PUT %s: %d", path, resp.StatusCode)
	}
}

// setup has predicts read from the store, and look often.
func (s *store) setup(more ...string) setup {
	return setup{
		repository: "s3://models?region=us-west-2&use_path_style=true&endpoint=http://" + s.relay.address,
		env:        []string{"AWS_ACCESS_KEY_ID=chaos", "AWS_SECRET_ACCESS_KEY=chaos", "AWS_EC2_METADATA_DISABLED=true"},
		predict:    append([]string{"--rescan=1s"}, more...),
	}
}

// The object store goes: what is loaded answers, what starts waits for it, or
// has kept what it needs.
func TestStore(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		store := newStore(t)
		fault{
			name:  "the object store frozen",
			begin: func(*scene) { _ = store.cmd.Process.Signal(syscall.SIGSTOP) },
			hold:  lasting(4*time.Second, 40*time.Second),
			end:   func(*scene) { _ = store.cmd.Process.Signal(syscall.SIGCONT) },
		}.happen(t, newScene(t, store.setup()))
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		store := newStore(t)
		fault{
			name: "the object store gone, and a predict started then",
			begin: func(s *scene) {
				store.relay.close()
				s.predicts[0].kill()
				s.predicts[0].start()
			},
			during: func(s *scene) {
				time.Sleep(2 * time.Second)
				if s.predicts[0].ended() || s.predicts[0].ready() {
					s.t.Error("a predict without models has ended, or says that it is ready")
				}
			},
			hold: lasting(3*time.Second, 30*time.Second),
			end: func(s *scene) {
				store.relay.open()
				s.until("the predict that waited is ready", 20*time.Second, s.predicts[0].ready)
			},
		}.happen(t, newScene(t, store.setup()))
	})
	t.Run("cache full", func(t *testing.T) {
		t.Parallel()
		store := newStore(t)
		disk := smallDisk(t, 64<<20)
		s := newScene(t, store.setup())
		starting := s.predicts[0]
		starting.args = append(starting.args, "--cache="+disk)
		fault{
			name: "the disk of the cache full, and a predict started then",
			begin: func(*scene) {
				fill(disk)
				starting.kill()
				starting.start()
			},
			during: func(s *scene) {
				time.Sleep(2 * time.Second)
				if starting.ended() || starting.ready() {
					s.t.Error("a predict that cannot write what it downloads has ended, or says that it is ready")
				}
			},
			hold: lasting(3*time.Second, 10*time.Second),
			end: func(s *scene) {
				_ = os.Remove(filepath.Join(disk, "fill"))
				s.until("the predict is ready when there is room", 20*time.Second, starting.ready)
			},
		}.happen(t, s)
	})
}

// A relay passes connections on while it is open; while it is closed they are
// refused, and those there were have ended.
type relay struct {
	t           *testing.T
	address, to string
	listener    net.Listener
	late        atomic.Int64 // nanoseconds that the answers are held

	mu    sync.Mutex
	conns []net.Conn
}

func newRelay(t *testing.T, address, to string) *relay {
	r := &relay{t: t, address: address, to: to}
	r.open()
	t.Cleanup(r.close)
	return r
}

func (r *relay) open() {
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.listener = listener
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", r.to)
			if err != nil {
				near.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, near, far)
			r.mu.Unlock()
			go func() {
				_, _ = io.Copy(far, near)
				far.Close()
			}()
			go func() {
				r.answer(near, far)
				near.Close()
			}()
		}
	}()
}

// answer passes on what comes back, late if that is asked for.
func (r *relay) answer(near io.Writer, far io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := far.Read(buf)
		time.Sleep(time.Duration(r.late.Load()))
		if _, failed := near.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (r *relay) delay(late time.Duration) { r.late.Store(int64(late)) }

func (r *relay) close() {
	r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		conn.Close()
	}
	r.conns = nil
}

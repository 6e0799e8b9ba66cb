//go:build chaos && linux

package chaos

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A redis is a real one, which shares the limits of the predicts.
type redis struct {
	t        *testing.T
	address  string
	password string
	cmd      *exec.Cmd
}

func newRedis(t *testing.T) *redis {
	r := &redis{t: t, address: (&scene{t: t}).free("127.0.0.1"), password: "first"}
	r.start()
	t.Cleanup(func() { r.kill() })
	return r
}

func (r *redis) start() {
	r.t.Helper()
	_, port, _ := strings.Cut(r.address, ":")
	r.cmd = host("").command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--requirepass", r.password, "--dir", r.t.TempDir())
	if err := r.cmd.Start(); err != nil {
		r.t.Fatalf("redis-server (Debian: redis-server): %v", err)
	}
	(&scene{t: r.t}).until("redis answers", 20*time.Second, func() bool { return r.say("PING") == nil })
}

func (r *redis) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

func (r *redis) signal(s syscall.Signal) { _ = r.cmd.Process.Signal(s) }

// say sends commands, one line each, and wants +OK or the like for all.
func (r *redis) say(commands ...string) error {
	conn, err := net.DialTimeout("tcp", r.address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	answers := bufio.NewReader(conn)
	for _, command := range append([]string{"AUTH " + r.password}, commands...) {
		if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
			return err
		}
		if answer, err := answers.ReadString('\n'); err != nil || answer[0] == '-' {
			return fmt.Errorf("%s: %q, %w", command, answer, err)
		}
	}
	return nil
}

// changePassword takes effect at once, also for who is connected.
func (r *redis) changePassword(to string) {
	r.t.Helper()
	if err := r.say("CONFIG SET requirepass "+to, "CLIENT KILL TYPE normal SKIPME yes"); err != nil {
		r.t.Fatal(err)
	}
	r.password = to
}

// setup has predicts limit callers far beyond the load, by the Redis at an address.
func (r *redis) setup(address string) setup {
	dir := r.t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			r.t.Fatal(err)
		}
		return path
	}
	return setup{predict: []string{"--limits=" + file("limits.yaml", "limits:\n  - {name: all, per: all, requests: 10000/s}\n"),
		"--redis=redis://" + address, "--redis-password-file=" + file("password", r.password)}}
}

// The Redis that shares limits goes: each predict limits by itself, nobody waits
// for it, and it is asked again when it is back.
func TestRedis(t *testing.T) {
	const up, decisions = "treehouse_quota_redis_up", "treehouse_quota_redis_decisions_total"
	all := func(s *scene, want float64) func() bool {
		return func() bool {
			for _, p := range s.predicts {
				if p.metric(up) != want || p.metric(decisions) == 0 {
					return false
				}
			}
			return true
		}
	}
	for _, c := range []struct {
		name       string
		begin, end func(*scene, *redis, *relay)
	}{
		{"Redis gone, and a predict started then", func(s *scene, r *redis, _ *relay) {
			r.kill()
			s.predicts[0].kill()
			s.predicts[0].start()
		}, func(_ *scene, r *redis, _ *relay) { r.start() }},
		{"Redis killed and started again and again", func(_ *scene, r *redis, _ *relay) {
			for end := time.Now().Add(lasting(3*time.Second, 20*time.Second)); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
				r.kill()
				time.Sleep(200 * time.Millisecond)
				r.start()
			}
			r.kill()
		}, func(_ *scene, r *redis, _ *relay) { r.start() }},
		{"Redis frozen", func(_ *scene, r *redis, _ *relay) { r.signal(syscall.SIGSTOP) },
			func(_ *scene, r *redis, _ *relay) { r.signal(syscall.SIGCONT) }},
		{"Redis answers 200 ms late", func(_ *scene, _ *redis, way *relay) { way.delay(200 * time.Millisecond) },
			func(_ *scene, _ *redis, way *relay) { way.delay(0) }},
		{"Redis takes another password", func(_ *scene, r *redis, _ *relay) { r.changePassword("second") },
			func(_ *scene, r *redis, _ *relay) { r.changePassword("first") }},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			r := newRedis(t)
			way := newRelay(t, (&scene{t: t}).free("127.0.0.1"), r.address)
			s := newScene(t, r.setup(way.address))
			fault{
				name:  c.name,
				begin: func(s *scene) { c.begin(s, r, way) },
				during: func(s *scene) {
					s.until("every predict knows that Redis is away", 20*time.Second, all(s, 0))
				},
				hold: lasting(3*time.Second, 30*time.Second),
				end: func(s *scene) {
					c.end(s, r, way)
					s.until("every predict asks Redis again", 20*time.Second, all(s, 1))
				},
			}.happen(t, s)
		})
	}
}

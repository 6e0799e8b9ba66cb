package quota

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// realRedis starts a redis-server with more arguments and returns its port. What
// it does depends on a program of the machine: with REDIS_REQUIRED=1 a test
// without it fails.
func realRedis(t testing.TB, args ...string) (port string, server *exec.Cmd) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("REDIS_REQUIRED") == "1" {
			t.Fatal(err)
		}
		t.Skip("there is no redis-server; make redis-test fails without it")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	_ = ln.Close()
	if len(args) == 0 {
		args = []string{"--port", port}
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "PORT", port)
	}
	return port, run(t, path, port, args)
}

func run(t testing.TB, path, port string, args []string) *exec.Cmd {
	t.Helper()
	output := &logtest.Buffer{}
	server := exec.Command(path, append(args, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())...)
	server.Stdout, server.Stderr = output, output
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			return server
		}
	}
	t.Fatalf("redis-server does not listen:\n%s", output)
	return nil
}

// onEach runs a test on the stand-in and on the real server.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("miniredis", func(t *testing.T) { test(t, "redis://"+miniredis.RunT(t).Addr()) })
	t.Run("redis-server", func(t *testing.T) {
		port, _ := realRedis(t)
		test(t, "redis://127.0.0.1:"+port)
	})
}

// patience is how long tests let Redis take: their machine is busy.
const patience = 2 * time.Second

// replica is one of those that share a Redis.
func replica(t testing.TB, file string, change func(*Options)) (*Limits, *prometheus.Registry, *logtest.Buffer) {
	t.Helper()
	o := Options{File: filepath.Join(t.TempDir(), "limits.yaml"), RedisTimeout: patience}
	write(t, o.File, file)
	change(&o)
	reg, log := prometheus.NewRegistry(), &logtest.Buffer{}
	l, err := Open(o, Callers, slog.New(slog.NewJSONHandler(log, nil)), reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, reg, log
}

// Redis lets through exactly what a local bucket does, whatever is asked when.
func TestRedisLikeLocal(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		passed, all, seeds := 0, 0, uint64(20)
		if strings.HasSuffix(t.Name(), "miniredis") {
			seeds = 4 // its Lua is slow
		}
		for seed := range seeds {
			random := rand.New(rand.NewPCG(seed, 1))
			var file strings.Builder
			file.WriteString("limits:\n")
			for i := range 1 + random.IntN(3) { // primes, so that no moment is one at which a token comes
				fmt.Fprintf(&file, "- {name: l%d, per: %s, requests: %d/d, rows: %d/h burst %d}\n", i,
					[]string{"principal", "model", "all"}[random.IntN(3)], 1009+random.IntN(3), []int{7, 101, 9973}[random.IntN(3)], 20+random.IntN(500))
			}
			l, _, _ := replica(t, file.String(), func(o *Options) { o.Redis, o.RedisPrefix = url, fmt.Sprint(t.Name(), seed) })
			local, err := newBuckets(1000)
			if err != nil {
				t.Fatal(err)
			}
			now := time.UnixMicro(1_800_000_000_000_000 + random.Int64N(1e6))
			for step := range 300 {
				// Redis forgets a bucket when its own clock says that it is full: the
				// time told must run ahead of that clock, however slow the machine is.
				now = now.Add(patience + time.Duration(random.ExpFloat64()*40e6)*time.Microsecond)
				s := Subject{Caller: key1(fmt.Sprint(random.IntN(2))), Model: fmt.Sprint(random.IntN(2))}
				ours, theirs := l.meters(s, 1+random.IntN(20)), []meter(nil)
				theirs = append(theirs, ours...)
				want := local.take(now, ours)
				got, err := l.shared.ask(t.Context(), now, theirs)
				if err != nil {
					t.Fatal(err)
				}
				if (got == nil) != (want == nil) || got != nil && got.amount != want.amount {
					t.Fatalf("seed %d step %d: Redis %+v, a local bucket %+v\n%s", seed, step, got, want, &file)
				}
				for i := range ours {
					if left := ours[i].left - theirs[i].left; want == nil && (left > 0.01 || left < -0.01) {
						t.Fatalf("seed %d step %d: %v left in Redis, %v in a local bucket", seed, step, theirs[i].left, ours[i].left)
					}
				}
				if all++; want == nil {
					passed++
				}
			}
		}
		if passed < all/5 || passed > all*4/5 {
			t.Errorf("%d of %d passed, which shows little", passed, all)
		}
	})
}

// meters are what a request of some rows is about.
func (l *Limits) meters(s Subject, n int) (all []meter) {
	for _, r := range *l.rules.Load() {
		k, ok := r.about(&s)
		for u, a := range r.amounts {
			if k.unit = unit(u); ok && a != nil {
				all = append(all, meter{rule: r, amount: a, key: k, n: []int{1, n}[u]})
			}
		}
	}
	return all
}

// Replicas share a bucket; services of other prefixes and limits of other
// amounts have their own. What is told is of the shared one.
func TestRedisIsShared(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		at := func(prefix string) func(*Options) { return func(o *Options) { o.Redis, o.RedisPrefix = url, prefix } }
		const file = "limits: [{name: a, requests: 10/d}]"
		one, reg, log := replica(t, file, at(""))
		two, _, _ := replica(t, file, at(""))
		other, _, _ := replica(t, file, at("staging"))
		changed, _, _ := replica(t, "limits: [{name: a, requests: 11/d}]", at(""))
		s := Subject{Caller: key1("somebody"), Model: "m"}
		if got := passes(t, one, s, 6, 1); got != 6 {
			t.Errorf("%d of 6 passed", got)
		}
		state, err := two.Charge(t.Context(), s, 1, 1)
		if err != nil || state.Remaining != 3 {
			t.Errorf("%+v %v", state, err)
		}
		if got := passes(t, two, s, 6, 1); got != 3 {
			t.Errorf("%d more of 10 passed, want 3", got)
		}
		if got := passes(t, other, s, 12, 1) + passes(t, changed, s, 12, 1); got != 21 {
			t.Errorf("%d passed of another prefix and a changed limit, want 10 and 11", got)
		}
		if ok, up := testutil.ToFloat64(one.shared.metrics.ok), testutil.ToFloat64(one.shared.metrics.up); ok != 6 || up != 1 {
			t.Errorf("%v decisions of Redis, up %v", ok, up)
		}
		if n, err := testutil.GatherAndCount(reg, "treehouse_quota_redis_decisions_total"); err != nil || n != 3 {
			t.Error(n, err)
		}
		keys, err := one.shared.client.Keys(t.Context(), "*:a:*").Result()
		if err != nil || len(keys) != 3 || strings.Contains(strings.Join(keys, " ")+log.String(), "somebody") {
			t.Errorf("keys %v %v", keys, err)
		}
		if left, err := one.shared.client.PTTL(t.Context(), one.shared.prefix+one.meters(s, 1)[0].name()).Result(); err != nil || left <= 0 || left > 24*time.Hour+time.Second {
			t.Errorf("a bucket is kept for %v, %v", left, err)
		}
	})
}

// A Redis that goes costs one short wait; then each replica limits by itself,
// with what it knows, until Redis is back.
func TestRedisGoes(t *testing.T) {
	for _, how := range []struct {
		name           string
		freeze, resume func(*exec.Cmd, string)
	}{
		{"frozen", func(c *exec.Cmd, _ string) { _ = c.Process.Signal(syscall.SIGSTOP) }, func(c *exec.Cmd, _ string) { _ = c.Process.Signal(syscall.SIGCONT) }},
		{"killed", func(c *exec.Cmd, _ string) { _ = c.Process.Kill(); _ = c.Wait() }, func(c *exec.Cmd, port string) { run(t, c.Path, port, []string{"--port", port}) }},
	} {
		t.Run(how.name, func(t *testing.T) {
			port, server := realRedis(t)
			l, _, log := replica(t, "limits: [{name: a, requests: 20/d}]", func(o *Options) { o.Redis, o.RedisTimeout = "redis://127.0.0.1:"+port, 100*time.Millisecond })
			s := Subject{Caller: key1("a")}
			if got := passes(t, l, s, 5, 1); got != 5 {
				t.Fatalf("%d passed", got)
			}
			how.freeze(server, port)
			begin := time.Now()
			if got := passes(t, l, s, 1000, 1); got != 15 {
				t.Errorf("%d passed without Redis, want what is left here: 15", got)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("1000 requests took %v", took)
			}
			failed, away := testutil.ToFloat64(l.shared.metrics.failed), testutil.ToFloat64(l.shared.metrics.away)
			if failed < 1 || failed > 3 || failed+away != 1000 || testutil.ToFloat64(l.shared.metrics.up) != 0 {
				t.Errorf("%v failed, %v not tried", failed, away)
			}
			if n := strings.Count(log.String(), "does not share the limits any more"); n < 1 || n > 3 {
				t.Errorf("the log tells %d times:\n%s", n, log)
			}
			how.resume(server, port)
			for end := time.Now().Add(20 * time.Second); l.shared.away.Load(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("Redis is back, but not asked")
				}
			}
			ok := testutil.ToFloat64(l.shared.metrics.ok)
			passes(t, l, s, 3, 1)
			if testutil.ToFloat64(l.shared.metrics.ok) != ok+3 {
				t.Error("Redis is back, but does not decide")
			}
		})
	}
}

// A service starts without Redis, and limits.
func TestRedisIsNotThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // which accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, address := range map[string]string{"silent": ln.Addr().String(), "refused": "127.0.0.1:1"} {
		begin := time.Now()
		l, _, log := replica(t, "limits: [{name: a, requests: 3/d}]", func(o *Options) { o.Redis = "redis://" + address })
		if got := passes(t, l, Subject{}, 5, 1); got != 3 || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %d passed after %v", name, got, time.Since(begin))
		}
		if !strings.Contains(log.String(), "Redis cannot be reached") {
			t.Errorf("%s: %s", name, log)
		}
	}
}

// A caller who goes says nothing about Redis.
func TestRedisCallerGoes(t *testing.T) {
	l, _, _ := replica(t, "limits: [{name: a, requests: 3/d}]", func(o *Options) { o.Redis = "redis://" + miniredis.RunT(t).Addr() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Charge(ctx, Subject{}, 1, 1); err != nil {
		t.Error(err)
	}
	if l.shared.away.Load() || testutil.ToFloat64(l.shared.metrics.failed) != 0 {
		t.Error("Redis is away because a caller is")
	}
}

// Over TLS, with a user and a password from a file, which may be replaced.
func TestRedisOverTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	user := append([]string{"--user"}, strings.Fields("limits on >secret ~shared:* +eval +evalsha +get +set +time --user default off")...)
	port, _ := realRedis(t, append(user, "--port", "0", "--tls-port", "PORT", "--tls-cert-file", secret.Path("tls.crt"), "--tls-key-file", secret.Path("tls.key"),
		"--tls-ca-cert-file", secret.Path("ca.crt"), "--tls-auth-clients", "no")...)
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, "secret\n")
	to := func(o *Options) {
		o.Redis, o.RedisCA, o.RedisPassword, o.RedisPrefix = "rediss://limits@127.0.0.1:"+port, secret.Path("ca.crt"), password, "shared"
	}
	l, _, log := replica(t, "limits: [{name: a, requests: 3/d}]", to)
	if got := passes(t, l, Subject{}, 5, 1); got != 3 || l.shared.away.Load() {
		t.Errorf("%d passed, away %v: %s", got, l.shared.away.Load(), log)
	}
	write(t, password, "wrong")
	for name, change := range map[string]func(*Options){
		"a wrong password": to,
		"an authority of others": func(o *Options) {
			to(o)
			o.RedisCA = tlstest.NewSecret(t, map[string][]byte{"ca": tlstest.NewAuthority(t, "x").PEM}).Path("ca")
		},
		"plain text":             func(o *Options) { to(o); o.Redis, o.RedisCA = "redis://limits@127.0.0.1:"+port, "" },
		"keys of another prefix": func(o *Options) { to(o); o.RedisPrefix = "others" },
	} {
		l, _, log := replica(t, "limits: [{name: a, requests: 3/d}]", change)
		if !l.shared.away.Load() || strings.Contains(log.String(), "wrong") {
			t.Errorf("%s: away %v, %s", name, l.shared.away.Load(), log)
		}
		if got := passes(t, l, Subject{}, 5, 1); got != 3 {
			t.Errorf("%s: %d passed", name, got)
		}
	}
}

func TestRedisOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "limits.yaml")
	write(t, file, "limits:\n- name: a\n  rows: 1000001/s")
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Redis: "redis://a"}, "no file of limits"},
		{Options{RedisPassword: "f"}, "without redis"},
		{Options{File: file, Redis: "http://a"}, `redis: "http://a"; expected redis://host:6379`},
		{Options{File: file, Redis: "redis://"}, "expected redis://host:6379"},
		{Options{File: file, Redis: "redis://a/x"}, `the database is "x"`},
		{Options{File: file, Redis: "redis://a?b=c"}, "expected redis://host:6379"},
		{Options{File: file, Redis: "redis://u:secret@a"}, "it has a password"},
		{Options{File: file, Redis: "redis://a", RedisCA: "f"}, "expected rediss://"},
		{Options{File: file, Redis: "redis://a", RedisTimeout: -1}, "redis-timeout is -1ns"},
	} {
		if err := c.o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v; want %s", c.o, err, c.want)
		}
	}
	log := slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{File: file, Redis: "redis://127.0.0.1:1"}, "limit a: rows: line 3: 1000001 a second; Redis counts at most 1000000 a second"},
	} {
		if _, err := Open(c.o, Callers, log, prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %s", err, c.want)
		}
	}
	if _, err := Open(Options{File: file, Redis: "redis://a", RedisPassword: "/nowhere"}, Callers, log, prometheus.NewRegistry()); err == nil {
		t.Error("a password's file that is not there is accepted")
	}
	if l, err := parseRedis("rediss://limits@[::1]:6380/2"); err != nil || l.address != "[::1]:6380" || l.db != 2 || l.user != "limits" || !l.overTLS {
		t.Errorf("%+v %v", l, err)
	}
}

// FuzzRedisAnswer holds this: whatever answers in Redis' place, it is an error or
// says of each bucket what is left.
func FuzzRedisAnswer(f *testing.F) {
	f.Add(int64(0), "1.5", "2", 3)
	f.Add(int64(2), "1", "x", 3)
	f.Fuzz(func(t *testing.T, number int64, first, second string, length int) {
		answer := []any{number, first, second}
		meters := make([]meter, 2)
		refused, err := read(answer[:max(0, min(length, 3))], meters)
		if err != nil && (!errors.Is(err, errAnswer) || refused != nil) {
			t.Error(refused, err)
		}
		if err == nil && (number < 0 || number > 2 || (refused == nil) != (number == 0)) {
			t.Errorf("%v is read as %v", answer, refused)
		}
	})
}

func BenchmarkRedis(b *testing.B) {
	port, _ := realRedis(b)
	l, _, _ := replica(b, plentyShared, func(o *Options) { o.Redis = "redis://127.0.0.1:" + port })
	s := Subject{Caller: key1("checkout", "science"), Model: "housing"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Charge(b.Context(), s, 1, 1); err != nil {
			b.Fatal(err)
		}
	}
}

var plentyShared = strings.ReplaceAll(plenty, "1000000000/s", "1000000/s")

//go:build chaos && linux

package chaos

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// newGroup makes a control group whose processes may use so many bytes, in
// version 2 of control groups or in version 1.
func newGroup(t *testing.T, limit int64) string {
	t.Helper()
	root, file := "/sys/fs/cgroup", "memory.max"
	if _, err := os.Stat(root + "/memory/memory.limit_in_bytes"); err == nil {
		root, file = root+"/memory", "memory.limit_in_bytes"
	} else if err := os.WriteFile(root+"/cgroup.subtree_control", []byte("+memory"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(root, "chaos-")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, file), []byte(strconv.FormatInt(limit, 10)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	return dir
}

// smallDisk is a directory that holds so many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill writes a file until there is no room.
func fill(dir string) {
	file, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		return
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
}

// metric adds up a metric of a process over its labels.
func (p *process) metric(name string) (sum float64) {
	_, all := p.get("/metrics")
	for line := range strings.Lines(all) {
		if rest, ok := strings.CutPrefix(line, name); ok && (rest[0] == ' ' || rest[0] == '{') {
			fields := strings.Fields(line)
			v, _ := strconv.ParseFloat(fields[len(fields)-1], 64)
			sum += v
		}
	}
	return sum
}

// What the services write is never in the way of what they answer.
func TestDisk(t *testing.T) {
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		disk := smallDisk(t, 1<<20)
		const failed, written = "treehouse_payload_write_errors_total", "treehouse_payload_files_total"
		s := newScene(t, setup{predicts: 1, predict: []string{"--payload-log=" + disk, "--payload-models=housing", "--payload-interval=1s"}})
		predict := s.predicts[0]
		before := 0.0
		fault{
			name:  "the payload log's disk full",
			begin: func(*scene) { fill(disk) },
			during: func(s *scene) {
				s.until("a failed write is counted", 10*time.Second, func() bool { return predict.metric(failed) > 0 })
			},
			hold: lasting(3*time.Second, 20*time.Second),
			end: func(s *scene) {
				before = predict.metric(written)
				_ = os.Remove(filepath.Join(disk, "fill"))
				s.until("the log goes on", 15*time.Second, func() bool { return predict.metric(written) > before })
			},
		}.happen(t, s)
	})
}

// Many large requests at once are refused, or answered one after the other; the
// process stays within what it may use, and serves the small ones.
func TestMemory(t *testing.T) {
	s := setup{predicts: 1, memory: 512 << 20, gateway: []string{"--timeout=20s"}}
	var mu sync.Mutex
	seen := map[int]int{}
	fault{
		name: "large requests at a memory limit of 512 MiB", setup: s, slow: 20 * time.Second,
		begin: func(s *scene) {
			// 100,000 rows in 24 MB, of which 40 at a time would take some gigabytes.
			body := []byte("[" + strings.Repeat(house+",", 99_999) + house + "]")
			body = bytes.ReplaceAll(body, []byte("\n\t"), nil)
			var all sync.WaitGroup
			for range lasting(1, 3) {
				for range 40 {
					all.Go(func() {
						client := http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
						resp, err := client.Post(s.url+"/predict", "application/json", bytes.NewReader(body))
						status := 0
						if err == nil {
							status = resp.StatusCode
							_, _ = io.Copy(io.Discard, resp.Body)
							resp.Body.Close()
						}
						mu.Lock()
						defer mu.Unlock()
						seen[status]++
					})
				}
				all.Wait()
			}
		},
		end: func(s *scene) {
			for _, status := range slices.Sorted(maps.Keys(seen)) {
				switch status {
				case 200, 413, 429, 503, 504:
				case 0: // refused while it was still being sent: the refusal may be overtaken by the reset of the connection
				default:
					s.t.Errorf("%d large requests got the status %d", seen[status], status)
				}
			}
			s.t.Logf("large requests by status: %v", seen)
			if s.gateway.ended() || s.predicts[0].ended() {
				s.t.Error("a process was killed for its memory")
			}
		},
	}.run(t)
}

// The wall clock jumps, a day on and a day back: deadlines, windows and timers
// are Go's monotonic clock's. The programs are built with a time.Now that
// jumps (scripts/chaos/jump.sh), as nothing else moves the clock of one
// process: the machine's is everybody's, and time namespaces have the wall's.
func TestClock(t *testing.T) {
	if !long {
		t.Skip("only in the full form: the programs are built for it, from the standard library on")
	}
	for _, f := range []fault{
		{name: "the clock jumps a day on", setup: setup{env: []string{"CHAOS_CLOCK=4s,24h"}}},
		{name: "the clock jumps a day back", setup: setup{env: []string{"CHAOS_CLOCK=4s,-24h"}}},
	} {
		f.setup.programs = "jump"
		f.hold = lasting(6*time.Second, 15*time.Second)
		f.begin = func(*scene) {}
		f.end = func(s *scene) {
			off := time.Since(s.loggedLast()).Abs()
			if off < 23*time.Hour {
				s.t.Errorf("the clock of the gateway is off by %v: it did not jump", off)
			}
		}
		f.run(t)
	}
}

// loggedLast is the time of the last line of the gateway's log.
func (s *scene) loggedLast() time.Time {
	s.t.Helper()
	_, rest, ok := strings.Cut(s.gateway.tail(), "\n")
	i := strings.LastIndex(rest, `{"time":"`)
	if !ok || i < 0 {
		s.t.Fatalf("no line in the log: %s", rest)
	}
	stamp, _, _ := strings.Cut(rest[i+len(`{"time":"`):], `"`)
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

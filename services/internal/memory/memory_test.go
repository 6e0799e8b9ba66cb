package memory

import (
	"math"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const gi = 1 << 30

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		name        string
		files       map[string]string
		environment string
		atMost      int64
		want        int64
		from        string
	}{
		{"a container, version 2", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2000000000\n"},
			"", 0, 1_800_000_000, "container"},
		{"a container, version 1", map[string]string{"proc/self/cgroup": "5:cpu:/x\n4:memory:/kubepods/pod1/abc\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000000\n"},
			"", 0, 900_000_000, "container"},
		{"version 1, memory together with another", map[string]string{"proc/self/cgroup": "4:hugetlb,memory:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000\n"},
			"", 0, 900_000_000, "container"},
		{"the lowest of the groups above", map[string]string{"proc/self/cgroup": "0::/user.slice/run-1.scope\n",
			"sys/fs/cgroup/user.slice/memory.max": "1000000000\n", "sys/fs/cgroup/user.slice/run-1.scope/memory.max": "max\n"},
			"", 0, 900_000_000, "container"},
		{"no limit, version 2", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, "", 0, 0, "none"},
		{"no limit, version 1", map[string]string{"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, "", 0, 0, "none"},
		{"no limit, but a default", map[string]string{"proc/self/cgroup": "0::/\n"}, "", 384 << 20, 384 << 20, "default"},
		{"a default below the container's", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": strconv.Itoa(gi)}, "", 384 << 20, 384 << 20, "default"},
		{"a default above the container's", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100000000"}, "", 384 << 20, 90_000_000, "container"},
		{"the environment wins", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100000000"}, "1GiB", 384 << 20, gi, "GOMEMLIMIT"},
		{"another system", nil, "", 0, 0, "none"},
		{"nonsense", map[string]string{"proc/self/cgroup": "memory\n0::\n::::\n", "sys/fs/cgroup/memory.max": "-7"}, "", 0, 0, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, data := range c.files {
				files[name] = &fstest.MapFile{Data: []byte(data)}
			}
			now := int64(math.MaxInt64)
			if c.environment != "" {
				now = gi // as the runtime has read it
			}
			set := func(limit int64) int64 {
				before := now
				if limit >= 0 {
					now = limit
				}
				return before
			}
			bytes, from := limit(files, c.environment, c.atMost, set)
			if bytes != c.want || from != c.from {
				t.Errorf("got %d from %s, want %d from %s", bytes, from, c.want, c.from)
			}
			if holds := now; c.want > 0 && holds != c.want {
				t.Errorf("Go's limit is %d, want %d", holds, c.want)
			}
		})
	}
}

// The limit reaches the runtime, in a process of its own.
func TestLimitOfThisProcess(t *testing.T) {
	if os.Getenv("TEST_MEMORY_LIMIT") != "" {
		bytes, from := Limit(384 << 20)
		if holds := debug.SetMemoryLimit(-1); holds != bytes {
			t.Errorf("Go's limit is %d, told was %d", holds, bytes)
		}
		t.Logf("limit %d from %s", bytes, from)
		return
	}
	for environment, want := range map[string]string{"": "limit ", "GOMEMLIMIT=1GiB": "limit 1073741824 from GOMEMLIMIT"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimitOfThisProcess$", "-test.v")
		cmd.Env = append(os.Environ(), "TEST_MEMORY_LIMIT=1", environment)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("with %q: %v\n%s", environment, err, out)
		}
	}
}

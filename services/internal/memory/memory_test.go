package memory

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  map[string]string
		atMost int64
		want   int64
	}{
		{"a container, version 2", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2000000000\n"}, 0, 1_800_000_000},
		{"a container, version 1", map[string]string{"proc/self/cgroup": "5:cpu:/x\n4:memory:/kubepods/pod1/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000000\n"}, 0, 900_000_000},
		{"version 1, memory together with another", map[string]string{"proc/self/cgroup": "4:hugetlb,memory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000\n"}, 0, 900_000_000},
		{"the lowest of the groups above", map[string]string{"proc/self/cgroup": "0::/user.slice/run-1.scope\n",
			"sys/fs/cgroup/user.slice/memory.max": "1000000000\n", "sys/fs/cgroup/user.slice/run-1.scope/memory.max": "max\n"}, 0, 900_000_000},
		{"no limit, version 2", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 0, 0},
		{"no limit, version 1", map[string]string{"proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0, 0},
		{"no limit, but a bound", map[string]string{"proc/self/cgroup": "0::/\n"}, 384 << 20, 384 << 20},
		{"a bound below the container's", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1000000000"}, 384 << 20, 384 << 20},
		{"a bound above the container's", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100000000"}, 384 << 20, 90_000_000},
		{"another system", nil, 0, 0},
		{"nonsense", map[string]string{"proc/self/cgroup": "memory\n0::\n::::\n", "sys/fs/cgroup/memory.max": "-7"}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, data := range c.files {
				files[name] = &fstest.MapFile{Data: []byte(data)}
			}
			if got := limit(files, c.atMost); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// The limit reaches the runtime, in a process of its own.
func TestLimitOfThisProcess(t *testing.T) {
	if os.Getenv("TEST_MEMORY_LIMIT") != "" {
		Limit(64 << 20)
		t.Logf("the limit is %d", Holds())
		return
	}
	for environment, want := range map[string]string{"GOMEMLIMIT=": "the limit is 67108864", "GOMEMLIMIT=1GiB": "the limit is 1073741824"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimitOfThisProcess$", "-test.v")
		cmd.Env = append(os.Environ(), "TEST_MEMORY_LIMIT=1", environment)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("with %q: %v\n%s", environment, err, out)
		}
	}
}

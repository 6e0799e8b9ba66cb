// Package memory keeps a process within what its container may use: Go
// collects harder when its memory nears the limit, instead of being killed.
package memory

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// percent of the container's limit is Go's. The rest is for what Go does not
// count: the binary's pages, page tables, buffers of sockets.
const percent = 90

// Limit sets Go's memory limit to nine tenths of the container's, and to no
// more than atMost bytes, unless that is 0. The environment variable
// GOMEMLIMIT wins over both.
func Limit(atMost int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if bytes := limit(os.DirFS("/"), atMost); bytes > 0 {
		debug.SetMemoryLimit(bytes)
	}
}

// Holds is the limit that holds, in bytes; 0 for none.
func Holds() int64 {
	if bytes := debug.SetMemoryLimit(-1); bytes != math.MaxInt64 {
		return bytes
	}
	return 0
}

func limit(files fs.FS, atMost int64) int64 {
	if of := container(files) / 100 * percent; of > 0 && (atMost <= 0 || of < atMost) {
		return of
	}
	return max(atMost, 0)
}

// container is the lowest limit of the process's control group and of those
// above it, in version 2 of control groups or in version 1; 0 if there is
// none. In a container the group is mostly mounted as the root.
func container(files fs.FS) int64 {
	groups, err := fs.ReadFile(files, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	lowest := int64(0)
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, file := "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		switch {
		case parts[0] == "0" && parts[1] == "":
			root, file = "sys/fs/cgroup", "memory.max"
		case !strings.Contains(","+parts[1]+",", ",memory,"):
			continue
		}
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			if of := read(files, path.Join(root, group, file)); of > 0 && (lowest == 0 || of < lowest) {
				lowest = of
			}
			if group == "/" {
				break
			}
		}
	}
	return lowest
}

// read returns 0 where there is no limit: version 2 says "max", version 1 a
// number of some exabytes.
func read(files fs.FS, name string) int64 {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return 0
	}
	bytes, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil || bytes >= 1<<60 {
		return 0
	}
	return bytes
}

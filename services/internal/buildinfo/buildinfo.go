// Package buildinfo tells which build of a service this is.
package buildinfo

import (
	"fmt"
	"runtime/debug"
)

// Version and Commit are set when a release is linked:
//
//	-ldflags "-X github.com/treehouse-ml/treehouse/services/internal/buildinfo.Version=1.2.3 …"
//
// Left empty, they come from what the Go toolchain recorded in the binary.
var (
	Version string
	Commit  string
)

// Info describes a build.
type Info struct {
	Service   string `json:"service"`
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	GoVersion string `json:"go_version"`
}

// Get describes this build of the named service.
func Get(service string) Info {
	build, _ := debug.ReadBuildInfo()
	return resolve(service, Version, Commit, build)
}

func (i Info) String() string {
	return fmt.Sprintf("treehouse %s %s (commit %s, %s)", i.Service, i.Version, i.Commit, i.GoVersion)
}

// resolve fills in what was not linked. build is nil in a binary without
// module support.
func resolve(service, version, commit string, build *debug.BuildInfo) Info {
	info := Info{Service: service, Version: version, Commit: commit}
	if build != nil {
		info.GoVersion = build.GoVersion
		if info.Version == "" {
			info.Version = build.Main.Version
		}
		if info.Commit == "" {
			info.Commit = revision(build.Settings)
		}
	}
	if info.Version == "" || info.Version == "(devel)" {
		info.Version = "devel"
	}
	if info.Commit == "" {
		info.Commit = "unknown"
	}
	return info
}

func revision(settings []debug.BuildSetting) string {
	var commit, dirty string
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}

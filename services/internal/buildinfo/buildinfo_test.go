package buildinfo

import (
	"runtime/debug"
	"testing"
)

func TestResolve(t *testing.T) {
	recorded := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Version: "v0.4.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "abc123"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	tests := []struct {
		name            string
		version, commit string
		build           *debug.BuildInfo
		want            Info
	}{
		{"linked wins", "1.2.3", "fff", recorded, Info{"predict", "1.2.3", "fff", "go1.26.8"}},
		{"recorded by the toolchain", "", "", recorded, Info{"predict", "v0.4.0", "abc123-dirty", "go1.26.8"}},
		{"a plain go build", "", "", &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}},
			Info{"predict", "devel", "unknown", "go1.26.8"}},
		{"nothing known", "", "", nil, Info{"predict", "devel", "unknown", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := resolve("predict", tt.version, tt.commit, tt.build); got != tt.want {
				t.Errorf("resolve = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestString(t *testing.T) {
	got := Info{"gateway", "1.2.3", "abc", "go1.26.8"}.String()
	if want := "treehouse gateway 1.2.3 (commit abc, go1.26.8)"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

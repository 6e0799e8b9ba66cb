// Package reload reads files again when they change. A replacement that cannot
// be used changes nothing: it is logged once and counted, and what was read
// before stays in use.
package reload

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

const defaultEvery = 5 * time.Second

// Options say how files are read, and who is told.
type Options struct {
	Every time.Duration // between two looks; 0 means 5 s
	Log   *slog.Logger
	// Counted is told of each change: ok or failed. One that fails is told once.
	Counted func(use, result string)
	// Current is told whether the file is that in use.
	Current func(use string, current bool)
}

// Files are read again and again until they are closed. Contents are compared,
// not times or names: a Secret is swapped by a symbolic link two folders up.
type Files struct {
	o    Options
	all  []*file
	stop chan struct{}
	done sync.WaitGroup
}

// A file that is in use.
type file struct {
	use, path string
	take      func(data []byte) (entries int, err error)
	data      []byte // in use
	problem   string // that was told last
}

// New returns no files yet: Add them, then Start.
func New(o Options) *Files {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	return &Files{o: o, stop: make(chan struct{})}
}

// Add reads a file for the first time, which must succeed. What for is use; take
// puts its contents into use, or returns why it cannot.
func (f *Files) Add(use, path string, take func(data []byte) (entries int, err error)) error {
	data, err := read(path)
	if err == nil {
		_, err = take(data)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.o.Current(use, true)
	f.all = append(f.all, &file{use: use, path: path, take: take, data: data})
	return nil
}

// Start begins to look for changes.
func (f *Files) Start() {
	f.done.Go(func() {
		ticker := time.NewTicker(f.o.Every)
		defer ticker.Stop()
		for {
			select {
			case <-f.stop:
				return
			case <-ticker.C:
				for _, one := range f.all {
					f.look(one)
				}
			}
		}
	})
}

// Close ends what Start has begun.
func (f *Files) Close() {
	close(f.stop)
	f.done.Wait()
}

func (f *Files) look(one *file) {
	data, err := read(one.path)
	if err == nil && bytes.Equal(data, one.data) {
		if one.problem != "" { // a broken replacement was taken back
			one.problem = ""
			f.o.Current(one.use, true)
		}
		return
	}
	var entries int
	if err == nil {
		entries, err = one.take(data)
	}
	if err != nil {
		if problem := err.Error(); problem != one.problem {
			one.problem = problem
			f.o.Current(one.use, false)
			f.o.Counted(one.use, "failed")
			f.o.Log.Error("a file changed and cannot be used; what was read before stays in use",
				"use", one.use, "file", one.path, "error", err)
		}
		return
	}
	one.data, one.problem = data, ""
	f.o.Current(one.use, true)
	f.o.Counted(one.use, "ok")
	f.o.Log.Info("a file was reloaded", "use", one.use, "file", one.path, "entries", entries)
}

// read reads a file that is not too large.
func read(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator's own flag
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, yamlfile.MaxBytes+1))
	if err == nil && len(data) > yamlfile.MaxBytes {
		err = fmt.Errorf("more than %d bytes", yamlfile.MaxBytes)
	}
	return data, err
}

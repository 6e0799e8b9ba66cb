package access

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

const defaultReload = 5 * time.Second

// files are read again and again until they are closed. Contents are compared,
// not times or names: a Secret is swapped by a symbolic link two folders up. A
// replacement that cannot be used changes nothing, is logged once and counted.
type files struct {
	every   time.Duration
	log     *slog.Logger
	metrics *metrics
	all     []*file
	stop    chan struct{}
	done    sync.WaitGroup
}

// A file that is in use.
type file struct {
	use, path string
	take      func(data []byte) (entries int, err error)
	data      []byte // in use
	problem   string // that was told last
}

func newFiles(every time.Duration, log *slog.Logger, m *metrics) *files {
	if every <= 0 {
		every = defaultReload
	}
	return &files{every: every, log: log, metrics: m, stop: make(chan struct{})}
}

// add reads a file for the first time, which must succeed.
func (f *files) add(use, path string, take func([]byte) (int, error)) error {
	data, err := read(path)
	if err == nil {
		_, err = take(data)
	}
	if err != nil {
		return fmt.Errorf("auth-%s: %s: %w", use, path, err)
	}
	f.metrics.successful.WithLabelValues(use).Set(1)
	f.all = append(f.all, &file{use: use, path: path, take: take, data: data})
	return nil
}

func (f *files) start() {
	f.done.Go(func() {
		ticker := time.NewTicker(f.every)
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

func (f *files) close() {
	close(f.stop)
	f.done.Wait()
}

func (f *files) look(one *file) {
	data, err := read(one.path)
	if err == nil && bytes.Equal(data, one.data) {
		if one.problem != "" { // a broken replacement was taken back
			one.problem = ""
			f.metrics.successful.WithLabelValues(one.use).Set(1)
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
			f.metrics.successful.WithLabelValues(one.use).Set(0)
			f.metrics.reloads.WithLabelValues(one.use, "failed").Inc()
			f.log.Error("a file of access changed and cannot be used; what was read before stays in use",
				"use", one.use, "file", one.path, "error", err)
		}
		return
	}
	one.data, one.problem = data, ""
	f.metrics.successful.WithLabelValues(one.use).Set(1)
	f.metrics.reloads.WithLabelValues(one.use, "ok").Inc()
	f.log.Info("a file of access was reloaded", "use", one.use, "file", one.path, "entries", entries)
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

package tlsfile

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	defaultEvery = 5 * time.Second
	// maxBytes of a file: a bundle of all public authorities has a fifth of it.
	maxBytes = 1 << 20
)

// Options are what a set of files needs.
type Options struct {
	Log        *slog.Logger
	Registerer prometheus.Registerer
	Every      time.Duration // between two looks at the files; 0 means 5 s
}

// Files looks at its files again and again until it is closed.
type Files struct {
	log     *slog.Logger
	metrics metrics
	every   time.Duration

	mu      sync.Mutex
	sources []*source
	running bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// New returns a set without files.
func New(o Options) *Files {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	return &Files{log: o.Log, metrics: newMetrics(o.Registerer), every: o.Every, stop: make(chan struct{})}
}

// Close stops looking. What was read stays usable.
func (f *Files) Close() {
	f.mu.Lock()
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
	f.mu.Unlock()
	f.done.Wait()
}

// A source is one or two files that are used together.
type source struct {
	use   string // in the log and the metrics
	paths []string
	// take uses the files' contents if it can.
	take func(contents [][]byte, now time.Time) (expires time.Time, err error)

	contents [][]byte // in use
	expires  time.Time
	expired  bool   // has been told
	problem  string // that was told last
}

// add reads a source for the first time, which must succeed.
func (f *Files) add(s *source) error {
	contents, err := read(s.paths)
	if err == nil {
		s.expires, err = s.take(contents, time.Now())
	}
	if err != nil {
		return err
	}
	s.contents = contents
	f.metrics.expiry.WithLabelValues(s.use).Set(float64(s.expires.Unix()))
	f.metrics.successful.WithLabelValues(s.use).Set(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sources = append(f.sources, s)
	if !f.running {
		f.running = true
		f.done.Go(f.watch)
	}
	return nil
}

// watch compares contents, not times or names: a Secret is swapped by a
// symbolic link two folders up, which no time of the file tells.
func (f *Files) watch() {
	ticker := time.NewTicker(f.every)
	defer ticker.Stop()
	for {
		select {
		case <-f.stop:
			return
		case now := <-ticker.C:
			f.mu.Lock()
			sources := slices.Clone(f.sources)
			f.mu.Unlock()
			for _, s := range sources {
				f.look(s, now)
			}
		}
	}
}

// look reads a source again. The same contents are tried again when they could
// not be used: a certificate may not be valid yet.
func (f *Files) look(s *source, now time.Time) {
	contents, err := read(s.paths)
	if err == nil && slices.EqualFunc(contents, s.contents, bytes.Equal) {
		f.unchanged(s, now)
		return
	}
	var expires time.Time
	if err == nil {
		expires, err = s.take(contents, now)
	}
	if err != nil {
		if problem := err.Error(); problem != s.problem {
			s.problem = problem
			f.metrics.successful.WithLabelValues(s.use).Set(0)
			f.metrics.reloads.WithLabelValues(s.use, "failed").Inc()
			f.log.Error("TLS files changed and cannot be used; those read before stay in use", "use", s.use, "error", err)
		}
		return
	}
	s.contents, s.expires, s.expired, s.problem = contents, expires, false, ""
	f.metrics.expiry.WithLabelValues(s.use).Set(float64(expires.Unix()))
	f.metrics.successful.WithLabelValues(s.use).Set(1)
	f.metrics.reloads.WithLabelValues(s.use, "ok").Inc()
	f.log.Info("TLS files reloaded", "use", s.use, "files", s.paths, "expires", expires)
}

func (f *Files) unchanged(s *source, now time.Time) {
	if s.problem != "" { // a broken replacement was taken back
		s.problem = ""
		f.metrics.successful.WithLabelValues(s.use).Set(1)
	}
	if !s.expired && now.After(s.expires) {
		s.expired = true
		f.log.Error("TLS files in use have expired", "use", s.use, "files", s.paths, "expired", s.expires)
	}
}

// read returns the contents of files that belong together. When the first has
// changed meanwhile, the files were being swapped and are read once more.
func read(paths []string) ([][]byte, error) {
	for attempt := 0; ; attempt++ {
		contents := make([][]byte, len(paths))
		for i, path := range paths {
			var err error
			if contents[i], err = readFile(path); err != nil {
				return nil, err
			}
		}
		if len(paths) == 1 || attempt == 3 {
			return contents, nil
		}
		if again, err := readFile(paths[0]); err == nil && bytes.Equal(again, contents[0]) {
			return contents, nil
		}
	}
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator's own flag
	if err != nil {
		return nil, err // names the file
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err == nil && len(data) > maxBytes {
		err = fmt.Errorf("read %s: more than %d bytes; expected a file in PEM format", path, maxBytes)
	}
	return data, err
}

package payload

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"weak"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// A file is what becomes one: records of one version. It does not hold on to
// the version's model, which may be unloaded meanwhile.
type file struct {
	name    string
	number  int64
	shape   *payloadfile.Shape
	began   time.Time
	bytes   int64
	records []*record
}

// A key tells versions apart, those of one number, too, between which the
// repository was changed.
type key = weak.Pointer[model.Version]

func (f *file) rows() int {
	n := 0
	for _, r := range f.records {
		n += r.rows
	}
	return n
}

// collect makes files of records until the log is closed, then closes files.
// Files that the writer has no time for yet wait in line; how much waits is
// bounded by what may be buffered.
func (l *Log) collect(files chan<- *file) {
	open := map[key]*file{}
	var line []*file
	finish := func(k key) {
		line = append(line, open[k])
		delete(open, k)
	}
	tick := time.NewTicker(max(l.o.Interval/10, time.Millisecond))
	defer tick.Stop()
	defer close(files)
	stopping := l.stopping
	for stopping != nil || len(line) > 0 {
		var next *file
		var ready chan<- *file
		if len(line) > 0 {
			next, ready = line[0], files
		}
		select {
		case r := <-l.queue:
			add(open, r, l.o.FileBytes, finish)
		case <-tick.C:
			for k, f := range open {
				if time.Since(f.began) >= l.o.Interval {
					finish(k)
				}
			}
		case ready <- next:
			line[0] = nil
			line = line[1:]
		case <-stopping:
			stopping = nil
			for len(l.queue) > 0 {
				add(open, <-l.queue, l.o.FileBytes, finish)
			}
			for k := range open {
				finish(k)
			}
		}
	}
}

// add adds a record to its file, and finishes one that is full.
func add(open map[key]*file, r *record, most int64, finish func(key)) {
	k := weak.Make(r.version)
	f := open[k]
	if f == nil {
		f = &file{name: r.version.Name, number: r.version.Number, shape: payloadfile.ShapeOf(r.version.Model.Signature()), began: r.time}
		open[k] = f
	}
	r.version = nil
	f.records = append(f.records, r)
	if f.bytes += r.size; f.bytes >= most {
		finish(k)
	}
}

// write writes files until there are none. One that cannot be written is tried
// again, ever more rarely; at the stop only once.
func (l *Log) write(files <-chan *file) {
	defer close(l.written)
	process := fmt.Sprintf("%s-%08x", clean(l.o.Instance), rand.Uint32()) // #nosec G404 -- tells processes apart
	var buffer bytes.Buffer                                               // as large as a file becomes
	for n := 1; ; n++ {
		f, ok := <-files
		if !ok {
			return
		}
		reason := dropEncode
		buffer.Reset()
		err := f.encode(&buffer)
		if err == nil {
			reason = dropStop
			name := fmt.Sprintf("%s/dt=%s/v%d-%s-%06d.parquet", f.name, f.began.UTC().Format("2006-01-02/hour=15"), f.number, process, n)
			err = l.persist(name, buffer.Bytes())
		}
		if err != nil {
			l.metrics.drop(f.name, f.number, f.rows(), reason)
			l.metrics.lost.Add(1)
			l.o.Log.Error("a part of the payload log is lost", "model", f.name, "version", f.number, "rows", f.rows(), "reason", reason, "error", err)
		} else {
			l.metrics.wrote(f.name, f.number, f.rows(), buffer.Len())
		}
		for _, r := range f.records {
			l.release(r)
		}
	}
}

// Between two attempts to write a file.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// persist puts a file into the store, in as many attempts as it takes; once
// the log is being closed it makes one more.
func (l *Log) persist(name string, data []byte) error {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		last := l.closing.Load()
		ctx, cancel := context.WithTimeout(l.hurry, l.o.Patience)
		err := l.o.Store.Put(ctx, name, data)
		cancel()
		if err == nil {
			return nil
		}
		l.metrics.errors.Inc()
		if last {
			return err
		}
		l.o.Log.Error("the payload log cannot be written; it is tried again", "file", name, "error", err, "again_in", pause)
		select {
		case <-time.After(pause):
		case <-l.stopping:
		}
	}
}

// encode makes the file's bytes.
func (f *file) encode(to *bytes.Buffer) (err error) {
	// Whatever the encoder makes of the values must not end the process.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	w, err := payloadfile.NewWriter(to, f.shape)
	if err != nil {
		return err
	}
	row := payloadfile.Row{Model: f.name, Version: f.number}
	for _, r := range f.records {
		if err := r.encode(w, f.shape, &row); err != nil {
			return err
		}
	}
	return w.Close()
}

// clean makes a name that is safe in a path.
func clean(instance string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, instance)
}

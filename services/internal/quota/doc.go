// Package quota bounds how much callers ask for: in requests and in rows, by
// rules of one small file. Each rule keeps token buckets, of each principal, each
// group, each model or each address, or one of all together; a request passes
// when every bucket that it is about holds enough for it.
//
// The file is read again when it changes; buckets of rules that stay as they
// were stay as full as they are.
package quota

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/internal/reload"
)

// Options say where the rules are.
type Options struct {
	File   string        // of the rules; empty limits nobody
	Reload time.Duration // between two looks at it; 0 means 5 s
}

// Flags defines the flags of a service that can limit callers.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.File, "limits", o.File, "a `file` with limits, how many requests and rows callers may ask for; it is read again when it changes")
}

// AddressFlags defines the flags of a service that can limit addresses.
func (o *Options) AddressFlags(f *flag.FlagSet) {
	f.StringVar(&o.File, "address-limits", o.File, "a `file` with limits, how many requests and rows each address may ask for; it is read again when it changes")
}

// Limits are what callers may ask for. They are safe for concurrent use.
type Limits struct {
	kind    Kind
	rules   atomic.Pointer[[]*rule]
	buckets *buckets
	metrics *metrics
	files   *reload.Files
	charges sync.Pool // of *charge
}

// Open reads the file and goes on reading it until Close. Without one the limits
// are nil, which limit nobody.
func Open(o Options, kind Kind, log *slog.Logger, reg prometheus.Registerer) (*Limits, error) {
	if o.File == "" {
		return nil, nil
	}
	l := &Limits{kind: kind, charges: sync.Pool{New: func() any { return new(charge) }}}
	l.rules.Store(&[]*rule{})
	var err error
	l.buckets, err = newBuckets(maxBuckets)
	if err != nil {
		return nil, err
	}
	l.metrics = newMetrics(reg, l.buckets)
	l.files = reload.New(reload.Options{Every: o.Reload, Log: log, Counted: l.metrics.reloaded, Current: l.metrics.current})
	if err := l.files.Add("limits", o.File, l.take); err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	l.files.Start()
	return l, nil
}

// Close stops reading the file.
func (l *Limits) Close() { l.files.Close() }

// take puts the rules of a file into use.
func (l *Limits) take(data []byte) (int, error) {
	rules, err := parse(data, l.kind)
	if err != nil {
		return 0, err
	}
	before := *l.rules.Load()
	for _, r := range rules {
		r.follow(before)
		r.metrics = l.metrics.of(r.name)
	}
	l.rules.Store(&rules)
	l.metrics.forget(before, rules)
	return len(rules), nil
}

// Validate rejects a file that Open would refuse, for a command that only asks.
func Validate(data []byte, kind Kind) error {
	_, err := parse(data, kind)
	return err
}

var errNoLimits = errors.New("it has no limits; expected a list, which may be empty: []")

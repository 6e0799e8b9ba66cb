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

	Redis         string        // URL of the Redis that shares the buckets with other replicas; empty shares nothing
	RedisPassword string        // file; empty has none
	RedisCA       string        // file of the authorities of its certificate; empty trusts the system's
	RedisPrefix   string        // of its keys; empty means treehouse
	RedisTimeout  time.Duration // of a question; 0 means 10 ms
}

// Flags defines the flag of a service that can limit callers.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.File, "limits", o.File, "a `file` with limits, how many requests and rows callers may ask for; it is read again when it changes")
}

// AddressFlags defines the flag of a service that can limit addresses.
func (o *Options) AddressFlags(f *flag.FlagSet) {
	f.StringVar(&o.File, "address-limits", o.File, "a `file` with limits, how many requests and rows each address may ask for; it is read again when it changes")
}

// RedisFlags defines the flags of the Redis that shares limits.
func (o *Options) RedisFlags(f *flag.FlagSet) {
	f.StringVar(&o.Redis, "redis", o.Redis, "share the limits with other replicas by the Redis at this `URL`, redis://user@host:port/database, rediss:// with TLS; without one each replica limits by itself")
	f.StringVar(&o.RedisPassword, "redis-password-file", o.RedisPassword, "a `file` with Redis' password; it is read for each connection")
	f.StringVar(&o.RedisCA, "redis-ca", o.RedisCA, "a `file` with the authorities that sign Redis' certificate, in PEM format; without it the system's")
	f.StringVar(&o.RedisPrefix, "redis-prefix", o.RedisPrefix, "what the `names` of keys begin with, by default treehouse; services of one prefix share their limits")
	f.DurationVar(&o.RedisTimeout, "redis-timeout", o.RedisTimeout, "the `time` for Redis to answer, by default 10ms; one that takes longer is away, and each replica limits by itself")
}

// Validate rejects what would fail later.
func (o *Options) Validate() error {
	_, err := o.validateRedis()
	if err == nil && o.Redis != "" && o.File == "" {
		err = errors.New("redis is set, but no file of limits that it could share; expected both or neither")
	}
	return err
}

// Limits are what callers may ask for. They are safe for concurrent use.
type Limits struct {
	kind    Kind
	sharing bool
	rules   atomic.Pointer[[]*rule]
	buckets *buckets
	metrics *metrics
	files   *reload.Files
	shared  *shared   // nil: the buckets are this process's
	charges sync.Pool // of *charge
}

// Open reads the file and goes on reading it until Close. Without one the limits
// are nil, which limit nobody.
func Open(o Options, kind Kind, log *slog.Logger, reg prometheus.Registerer) (*Limits, error) {
	if o.File == "" {
		return nil, nil
	}
	if o.RedisTimeout == 0 {
		o.RedisTimeout = 10 * time.Millisecond
	}
	if o.RedisPrefix == "" {
		o.RedisPrefix = "treehouse"
	}
	l := &Limits{kind: kind, sharing: o.Redis != "", charges: sync.Pool{New: func() any { return new(charge) }}}
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
	if redis, err := o.validateRedis(); err != nil {
		return nil, err
	} else if redis != nil {
		if l.shared, err = newShared(redis, &o, kind, log, newRedisMetrics(reg)); err != nil {
			return nil, err
		}
	}
	l.files.Start()
	return l, nil
}

// Close stops reading the file, and ends the connections to Redis.
func (l *Limits) Close() {
	l.files.Close()
	if l.shared != nil {
		l.shared.close()
	}
}

// take puts the rules of a file into use.
func (l *Limits) take(data []byte) (int, error) {
	rules, err := parse(data, l.kind)
	if err == nil && l.sharing {
		err = shareable(rules)
	}
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

// shareable checks that a shared bucket's clock is fine enough.
func shareable(rules []*rule) error {
	for _, r := range rules {
		for _, a := range r.amounts {
			if a != nil && a.rate() > maxShared {
				return fmt.Errorf("limit %s: %s: line %d: %d a %s; Redis counts at most %d a second", r.name, a.unit, a.line, a.each, a.word, maxShared)
			}
		}
	}
	return nil
}

var errNoLimits = errors.New("it has no limits; expected a list, which may be empty: []")

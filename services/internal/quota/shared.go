package quota

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	dialTimeout = time.Second
	again       = time.Second // between two attempts to reach a Redis that is away
	// maxShared is how many tokens a second may come into a shared bucket, whose
	// clock knows microseconds.
	maxShared = 1_000_000
)

//go:embed gcra.lua
var source string

// silence keeps go-redis from writing to the process's standard error: what
// matters is logged and counted here.
var silence = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// shared are buckets in Redis, the same for all replicas.
//
// An error, or no answer in time, and nobody is asked any more: this process's
// own buckets decide, until Redis has answered in time again. That is tried
// beside the requests, so that one that is away costs no request more than one
// short wait.
type shared struct {
	client  *redis.Client
	script  *redis.Script
	prefix  string
	timeout time.Duration
	log     *slog.Logger
	metrics redisMetrics
	away    atomic.Bool
	stop    context.CancelFunc
	done    sync.WaitGroup
}

func newShared(l *location, o *Options, kind Kind, log *slog.Logger, m redisMetrics) (*shared, error) {
	client, err := l.connect(o)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &shared{
		client: client, script: redis.NewScript(source), timeout: o.RedisTimeout, log: log, metrics: m, stop: stop,
		// One slot of a cluster has all buckets of a request.
		prefix: fmt.Sprintf("%s:{quota}:%s:", o.RedisPrefix, kind),
	}
	s.away.Store(true) // until it was seen
	s.look(ctx)
	if s.away.Load() {
		log.Warn("Redis cannot be reached; limits hold in each process by itself until it can", "address", l.address)
	}
	s.done.Go(func() {
		ticker := time.NewTicker(again)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				s.look(ctx)
			}
		}
	})
	return s, nil
}

func (s *shared) close() {
	s.stop()
	s.done.Wait()
	_ = s.client.Close() // there is nothing to lose
}

// look asks a Redis that is away whether it answers in time: once to connect,
// once more to see how long it takes.
func (s *shared) look(ctx context.Context) {
	if !s.away.Load() {
		return
	}
	probe := []string{s.prefix + "probe"}
	for _, within := range []time.Duration{dialTimeout, s.timeout} {
		ctx, cancel := context.WithTimeout(ctx, within)
		err := s.script.Run(ctx, s.client, probe, 0, 1, 1_000_000_000, 1).Err()
		cancel()
		if err != nil {
			s.log.Debug("Redis", "error", err)
			return
		}
	}
	s.away.Store(false)
	s.metrics.up.Set(1)
	s.log.Info("Redis shares the limits")
}

// take is that of [buckets], of all replicas. ok is false where Redis did not
// decide.
func (s *shared) take(ctx context.Context, meters []meter) (refused *meter, ok bool) {
	if s.away.Load() {
		s.metrics.away.Inc()
		return nil, false
	}
	refused, err := s.ask(ctx, time.Time{}, meters)
	switch {
	case err == nil:
		s.metrics.ok.Inc()
		return refused, true
	case ctx.Err() != nil: // the caller has gone, which says nothing about Redis
		s.metrics.away.Inc()
		return nil, false
	}
	s.metrics.failed.Inc()
	if s.away.CompareAndSwap(false, true) {
		s.metrics.up.Set(0)
		s.log.Error("Redis does not share the limits any more; they hold in each process by itself", "error", err)
	}
	return nil, false
}

// ask runs the script, by Redis' clock where now is zero.
func (s *shared) ask(ctx context.Context, now time.Time, meters []meter) (refused *meter, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	keys, args := make([]string, len(meters)), make([]any, 1, 1+3*len(meters))
	args[0] = int64(0)
	if !now.IsZero() {
		args[0] = now.UnixMicro()
	}
	for i := range meters {
		m := &meters[i]
		keys[i] = s.prefix + m.name()
		args = append(args, strconv.FormatFloat(float64(m.amount.window.Microseconds())/float64(m.amount.each), 'g', 17, 64), m.amount.burst, m.n)
	}
	answer, err := s.script.Run(ctx, s.client, keys, args...).Slice()
	if err != nil {
		return nil, err
	}
	return read(answer, meters)
}

var errAnswer = errors.New("an answer of Redis that is none of the script")

// read reads the script's answer.
func read(answer []any, meters []meter) (refused *meter, err error) {
	if len(answer) == 0 {
		return nil, errAnswer
	}
	number, ok := answer[0].(int64)
	looked := int64(len(meters))
	if number > 0 {
		looked = number
	}
	if !ok || number < 0 || number > int64(len(meters)) || int64(len(answer)) != 1+looked {
		return nil, errAnswer
	}
	for i, left := range answer[1:] {
		text, _ := left.(string)
		if meters[i].left, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, errAnswer
		}
	}
	if number > 0 {
		return &meters[number-1], nil
	}
	return nil, nil
}

// name is a bucket's in Redis: the limit, and a hash of whose it is, so that it
// is short and names nobody. A limit of another amount has other buckets.
func (m *meter) name() string {
	h := sha256.New()
	k := &m.key
	for _, part := range []string{m.amount.policy, k.method, k.name, k.group, k.model, k.address.String()} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return m.rule.name + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

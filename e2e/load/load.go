package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A sender asks once and tells what became of it.
type sender interface {
	send(ctx context.Context, b *batch, api string, r *result)
	close()
}

// A load is everything that a measurement needs.
type load struct {
	o       Options
	batches []*batch
	tally   *tally
	http    []sender
	grpc    []sender

	inFlight atomic.Int64
	sent     atomic.Int64 // requests begun, which numbers them
	work     sync.WaitGroup
}

func newLoad(o Options, rows *goldens, log io.Writer) (*load, error) {
	batches, err := rows.batches(o.Rows, o.Model, o.APIs)
	if err != nil {
		return nil, err
	}
	var credential []byte
	if o.Credential != "" {
		if credential, err = os.ReadFile(o.Credential); err != nil {
			return nil, err
		}
		credential = bytes.TrimSpace(credential)
	}
	l := &load{o: o, batches: batches, tally: newTally(log, o.HTTP != "", o.GRPC != "")}
	if o.HTTP != "" {
		d := newDialer(o.Timeout)
		for range max(o.Connections, o.Closed) {
			l.http = append(l.http, newHTTPSender(&o, string(credential), rows, d))
		}
	}
	if o.GRPC != "" {
		for range o.Clients {
			s, err := newGRPCSender(&o, string(credential), rows)
			if err != nil {
				l.close()
				return nil, err
			}
			l.grpc = append(l.grpc, s)
		}
	}
	return l, nil
}

func (l *load) close() {
	for _, s := range append(append([]sender{}, l.http...), l.grpc...) {
		s.close()
	}
}

// awaitTargets asks each target until it answers. What was wrong last is the
// error when time is up.
func (l *load) awaitTargets(ctx context.Context) error {
	for _, senders := range [][]sender{l.http, l.grpc} {
		if len(senders) == 0 || l.o.Wait == 0 {
			continue
		}
		for deadline := time.Now().Add(l.o.Wait); ; {
			var r result
			l.ask(ctx, senders[0], 0, time.Now(), &r)
			if r.err == nil {
				break
			}
			if ctx.Err() != nil || time.Now().After(deadline) {
				return fmt.Errorf("no right answer within %v, last %s: %w", l.o.Wait, r.status, r.err)
			}
			pause(ctx, 100*time.Millisecond)
		}
	}
	return nil
}

// run sends requests until it is enough, and waits for their answers.
func (l *load) run(ctx context.Context) {
	start := time.Now()
	l.tally.start(start)
	if l.o.Closed > 0 {
		l.closed(ctx, start)
	} else {
		l.open(ctx, start)
	}
	l.work.Wait()
}

// over reports whether request n, due at a time, is one too many.
func (l *load) over(ctx context.Context, n int64, due, start time.Time) bool {
	return ctx.Err() != nil || l.o.Requests > 0 && n >= l.o.Requests || l.o.Duration > 0 && due.Sub(start) >= l.o.Duration
}

// A job is a request that is due.
type job struct {
	n   int64
	due time.Time
}

// open sends each request when it is due, whatever became of those before.
func (l *load) open(ctx context.Context, start time.Time) {
	// Every HTTP connection takes the next job when it is free. The queue has
	// room for all that may be in flight, so that it never holds up the clock.
	queue := make(chan job, l.o.InFlight)
	for _, s := range l.http {
		l.work.Go(func() {
			for j := range queue {
				l.perform(s, protocolHTTP, j)
			}
		})
	}
	defer close(queue)
	for n := int64(0); ; n++ {
		due := start.Add(time.Duration(float64(n) / l.o.Rate * float64(time.Second)))
		if l.over(ctx, n, due, start) {
			return
		}
		pause(ctx, time.Until(due))
		if ctx.Err() != nil {
			return
		}
		protocol := l.protocol(n)
		if l.inFlight.Add(1) > l.o.InFlight {
			l.inFlight.Add(-1)
			l.tally.add(&result{protocol: protocol, due: due, end: time.Now(), status: "unsent",
				err: fmt.Errorf("%d requests are unanswered", l.o.InFlight)})
			continue
		}
		j := job{n, due}
		if protocol == protocolHTTP {
			queue <- j
		} else {
			l.work.Go(func() { l.perform(l.grpcSender(n), protocol, j) })
		}
	}
}

// closed has callers that wait for each answer: what it measures is how much
// the services can do, not how long anybody waits.
func (l *load) closed(ctx context.Context, start time.Time) {
	for i := range l.o.Closed {
		l.work.Go(func() {
			protocol := l.protocol(int64(i))
			s := l.grpcSender(int64(i))
			if protocol == protocolHTTP {
				s = l.http[i]
			}
			for {
				due := time.Now()
				n := l.sent.Add(1) - 1
				if l.over(ctx, n, due, start) {
					return
				}
				l.inFlight.Add(1)
				l.perform(s, protocol, job{n, due})
			}
		})
	}
}

// protocol: with two targets the requests take turns.
func (l *load) protocol(n int64) string {
	if len(l.grpc) > 0 && (len(l.http) == 0 || n%2 == 1) {
		return protocolGRPC
	}
	return protocolHTTP
}

// turn numbers the requests of one protocol.
func (l *load) turn(n int64) int64 {
	if len(l.http) > 0 && len(l.grpc) > 0 {
		return n / 2
	}
	return n
}

func (l *load) grpcSender(n int64) sender {
	if len(l.grpc) == 0 {
		return nil
	}
	return l.grpc[l.turn(n)%int64(len(l.grpc))]
}

// perform sees a request through and counts it.
func (l *load) perform(s sender, protocol string, j job) {
	defer l.inFlight.Add(-1)
	r := result{protocol: protocol, due: j.due, rows: l.o.Rows}
	if time.Since(j.due) >= l.o.Timeout {
		r.status, r.end, r.err = "timeout", time.Now(), errors.New("no connection was free before the deadline")
		l.tally.add(&r)
		return
	}
	ctx := context.Background() // the end of the load does not end requests
	l.ask(ctx, s, j.n, j.due, &r)
	if r.err != nil && !r.wrong && l.o.Retry {
		pause(ctx, 50*time.Millisecond)
		r = result{protocol: protocol, due: j.due, rows: l.o.Rows, retried: true}
		l.ask(ctx, s, j.n, time.Now(), &r)
	}
	l.tally.add(&r)
}

func (l *load) ask(ctx context.Context, s sender, n int64, from time.Time, r *result) {
	ctx, cancel := context.WithDeadline(ctx, from.Add(l.o.Timeout))
	defer cancel()
	r.sent = true
	turn := l.turn(n)
	round := turn / int64(len(l.batches)) // else an API would always meet the same rows
	s.send(ctx, l.batches[turn%int64(len(l.batches))], l.o.APIs[(turn+round)%int64(len(l.o.APIs))], r)
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

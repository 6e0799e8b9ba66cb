package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A result is what became of one request.
type result struct {
	protocol string
	due, end time.Time
	sent     bool // else it never left
	status   string
	err      error // of what failed or was wrong
	wrong    bool
	rejected bool // refused for lack of room: 429, 503, RESOURCE_EXHAUSTED
	when     bool // the rejection said when to come back
	retried  bool
	rows     int
	version  string
	pod      string
}

// maxFailures is how many of the requests that failed are described.
const maxFailures = 50

// Counts are those of a protocol, or of all.
type Counts struct {
	Requests int64 `json:"requests"`
	OK       int64 `json:"ok"`
	Failed   int64 `json:"failed"`
	Wrong    int64 `json:"wrong"`
	Retried  int64 `json:"retried"`
	Saved    int64 `json:"saved"`
	// Rejected are those of Failed that were refused for lack of room;
	// RejectedSilently did not say when to come back.
	Rejected         int64 `json:"rejected"`
	RejectedSilently int64 `json:"rejectedSilently"`
}

// Protocol is what was seen over one protocol.
type Protocol struct {
	Counts
	Status         map[string]int64 `json:"status"`
	Milliseconds   Quantiles        `json:"milliseconds"`
	OKMilliseconds Quantiles        `json:"okMilliseconds"`

	all, ok histogram
}

// Pod is what one predict pod answered.
type Pod struct {
	Requests int64     `json:"requests"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// Failure describes a request that failed or was answered wrongly.
type Failure struct {
	Time         time.Time `json:"time"`
	Protocol     string    `json:"protocol"`
	Status       string    `json:"status"`
	Milliseconds float64   `json:"milliseconds"`
	Pod          string    `json:"pod,omitempty"`
	Error        string    `json:"error"`
}

// Series has one number for each second since the start, by when the answers
// came.
type Series struct {
	OK     []int64 `json:"ok"`
	Failed []int64 `json:"failed"` // or wrong
}

// Summary is the outcome of a load.
type Summary struct {
	Running bool      `json:"running"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Counts
	Rows      int64            `json:"rows"`
	Versions  map[string]int64 `json:"versions"`
	HTTP      *Protocol        `json:"http,omitempty"`
	GRPC      *Protocol        `json:"grpc,omitempty"`
	Pods      map[string]*Pod  `json:"pods"`
	Failures  []Failure        `json:"failures"`
	PerSecond Series           `json:"perSecond"`
}

// A tally counts results. It is safe for concurrent use.
type tally struct {
	log io.Writer

	mu    sync.Mutex
	s     Summary
	first bool // an answer was right
}

func newTally(log io.Writer, http, grpc bool) *tally {
	t := &tally{log: log, s: Summary{Running: true, Versions: map[string]int64{}, Pods: map[string]*Pod{}, Failures: []Failure{}}}
	if http {
		t.s.HTTP = &Protocol{Status: map[string]int64{}}
	}
	if grpc {
		t.s.GRPC = &Protocol{Status: map[string]int64{}}
	}
	return t
}

func (t *tally) start(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Started = now
}

func (t *tally) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Running, t.s.Seconds = false, time.Since(t.s.Started).Seconds()
}

func (t *tally) add(r *result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.s.HTTP
	if r.protocol == protocolGRPC {
		p = t.s.GRPC
	}
	p.Status[r.status]++
	if r.sent {
		p.all.add(r.end.Sub(r.due))
	}
	p.count(r)
	t.s.count(r)
	if r.err != nil {
		t.s.PerSecond.Failed = t.second(t.s.PerSecond.Failed, r.end)
		t.describe(r)
		return
	}
	p.ok.add(r.end.Sub(r.due))
	t.s.PerSecond.OK = t.second(t.s.PerSecond.OK, r.end)
	t.s.Rows += int64(r.rows)
	t.s.Versions[r.version]++
	if r.pod != "" {
		t.answeredBy(r)
	}
	if !t.first {
		t.first = true
		_, _ = fmt.Fprintln(t.log, "started")
	}
}

func (c *Counts) count(r *result) {
	c.Requests++
	if r.retried {
		c.Retried++
	}
	switch {
	case r.err == nil:
		c.OK++
		if r.retried {
			c.Saved++
		}
	case r.wrong:
		c.Wrong++
	default:
		c.Failed++
		if r.rejected {
			c.Rejected++
			if !r.when {
				c.RejectedSilently++
			}
		}
	}
}

// second counts one in the second that a time lies in.
func (t *tally) second(series []int64, at time.Time) []int64 {
	i := max(int(at.Sub(t.s.Started)/time.Second), 0)
	for len(series) <= i {
		series = append(series, 0)
	}
	series[i]++
	return series
}

func (t *tally) answeredBy(r *result) {
	pod := t.s.Pods[r.pod]
	if pod == nil {
		pod = &Pod{First: r.end}
		t.s.Pods[r.pod] = pod
	}
	pod.Requests++
	pod.Last = r.end
}

func (t *tally) describe(r *result) {
	if len(t.s.Failures) < maxFailures {
		t.s.Failures = append(t.s.Failures, Failure{Time: r.end, Protocol: r.protocol, Status: r.status,
			Milliseconds: float64(r.end.Sub(r.due).Microseconds()) / 1000, Pod: r.pod, Error: r.err.Error()})
	}
}

// summary is a copy of what was counted so far.
func (t *tally) summary() *Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.s
	if s.Running && !s.Started.IsZero() {
		s.Seconds = time.Since(s.Started).Seconds()
	}
	s.HTTP, s.GRPC = s.HTTP.copy(), s.GRPC.copy()
	s.Versions = copyOf(s.Versions)
	s.Pods = map[string]*Pod{}
	for address, pod := range t.s.Pods {
		p := *pod
		s.Pods[address] = &p
	}
	s.Failures = append([]Failure{}, s.Failures...)
	s.PerSecond = Series{append([]int64{}, s.PerSecond.OK...), append([]int64{}, s.PerSecond.Failed...)}
	return &s
}

func (p *Protocol) copy() *Protocol {
	if p == nil {
		return nil
	}
	c := *p
	c.Status = copyOf(p.Status)
	c.Milliseconds, c.OKMilliseconds = p.all.quantiles(), p.ok.quantiles()
	return &c
}

func copyOf(m map[string]int64) map[string]int64 {
	c := make(map[string]int64, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

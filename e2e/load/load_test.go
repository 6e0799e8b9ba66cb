package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Over every API, with one row and many, right answers count as right.
func TestRightAnswers(t *testing.T) {
	f := newFake(t, "2")
	http, grpc := f.startHTTP(), f.startGRPC()
	for _, rows := range []string{"1", "300"} {
		s := measured(t, "-http", http, "-grpc", grpc, "-api", "predict,v1,v2", "-rate", "500", "-requests", "200", "-rows", rows)
		if s.OK != 200 || s.HTTP.OK != 100 || s.GRPC.OK != 100 || s.Versions["2"] != 200 || len(s.Failures) != 0 {
			t.Errorf("%s rows: %d ok (%d, %d) of version 2 %d; failures %v", rows, s.OK, s.HTTP.OK, s.GRPC.OK, s.Versions["2"], s.Failures)
		}
		if s.HTTP.Status["200"] != 100 || s.GRPC.Status["OK"] != 100 || s.Pods["127.0.0.1"].Requests != 100 {
			t.Errorf("%s rows: status %v and %v, pods %v", rows, s.HTTP.Status, s.GRPC.Status, s.Pods)
		}
		if s.Seconds < 0.39 || s.HTTP.Milliseconds.P50 <= 0 || s.HTTP.Milliseconds.Max < s.HTTP.Milliseconds.P99 {
			t.Errorf("%s rows: %v s, %+v", rows, s.Seconds, s.HTTP.Milliseconds)
		}
	}
}

// Whatever is wrong with an answer is caught, down to the last bit.
func TestWrongAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		how  fault
		want string
	}{
		"the last bit":   {lastBit, "golden row"},
		"another model":  {otherModel, `model "castle"`},
		"too few values": {shortByOne, "4 numbers for 5 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, "3")
			f.spoil = func(n int64) fault {
				if n > 2 && n%4 == 0 { // the first two find out whether it is there
					return c.how
				}
				return none
			}
			s := measured(t, "-http", f.startHTTP(), "-grpc", f.startGRPC(), "-api", "predict,v1,v2", "-rate", "1000", "-requests", "202", "-rows", "5")
			if s.Wrong != 51 || s.Failed != 0 {
				t.Errorf("%d wrong and %d failed, want 51 and 0", s.Wrong, s.Failed)
			}
			if len(s.Failures) != maxFailures || !strings.Contains(s.Failures[0].Error, c.want) {
				t.Errorf("%d failures, the first %+v, want %d with %q", len(s.Failures), s.Failures[0], maxFailures, c.want)
			}
		})
	}
	t.Run("a version that must not answer", func(t *testing.T) {
		f := newFake(t, "2")
		var out, log strings.Builder
		code := run(t.Context(), []string{"-http", f.startHTTP(), "-golden", housing, "-versions", "1,3", "-control", "", "-wait", "1ms"}, &out, &log)
		if code != exitFailed || !strings.Contains(log.String(), `version "2" answered`) {
			t.Errorf("ended with %d: %s", code, log.String())
		}
	})
}

// What fails is told apart, counted, described, and, if asked for, tried again.
func TestFailures(t *testing.T) {
	f := newFake(t, "3")
	f.spoil = func(n int64) fault {
		switch n % 10 {
		case 3:
			return full
		case 4:
			return silent
		case 5:
			return hangUp
		}
		return none
	}
	url := f.startHTTP()
	s := measured(t, "-http", url, "-rate", "2000", "-requests", "200", "-connections", "1")
	if s.Failed != 60 || s.Rejected != 40 || s.RejectedSilently != 20 || s.HTTP.Status["429"] != 40 || s.HTTP.Status["closed"] != 20 || s.Wrong != 0 {
		t.Errorf("%+v, status %v", s.Counts, s.HTTP.Status)
	}
	if sum(s.PerSecond.OK) != 140 || sum(s.PerSecond.Failed) != 60 {
		t.Errorf("a second: %+v, want 140 and 60 in all", s.PerSecond)
	}
	f.asked.Store(0)
	if s := measured(t, "-http", url, "-rate", "2000", "-requests", "200", "-connections", "1", "-retry"); s.Saved == 0 || s.Retried < s.Saved || s.OK != 200-s.Failed {
		t.Errorf("with retries %+v", s.Counts)
	}
	f.asked.Store(0)
	s = measured(t, "-grpc", f.startGRPC(), "-rate", "2000", "-requests", "200")
	if s.Failed != 60 || s.Rejected != 40 || s.RejectedSilently != 20 || s.GRPC.Status["RESOURCE_EXHAUSTED"] != 40 || s.GRPC.Status["UNAVAILABLE"] != 20 {
		t.Errorf("gRPC: %+v, status %v", s.Counts, s.GRPC.Status)
	}
}

func sum(all []int64) (total int64) {
	for _, n := range all {
		total += n
	}
	return total
}

// Requests go out when they are due and their latency counts from then: a
// server that stops for a while makes all of those wait that came meanwhile.
func TestOpenLoop(t *testing.T) {
	const stop = 300 * time.Millisecond
	f := newFake(t, "3")
	var once sync.Once
	f.spoil = func(n int64) fault {
		if n > 1 {
			once.Do(func() { time.Sleep(stop) })
		}
		return none
	}
	s := measured(t, "-http", f.startHTTP(), "-rate", "500", "-requests", "250", "-connections", "1")
	if s.OK != 250 {
		t.Fatalf("%+v", s.Counts)
	}
	// 150 of the 250 came in the pause; a closed loop would have seen one.
	if p50 := s.HTTP.Milliseconds.P50; p50 < 30 {
		t.Errorf("the median is %v ms: the requests that had to wait are missing in it", p50)
	}
	if s.HTTP.Milliseconds.Max < 300 {
		t.Errorf("the greatest is %v ms, want at least 300", s.HTTP.Milliseconds.Max)
	}
}

// Requests that nobody answers do not pile up, and do not wait for ever.
func TestBounds(t *testing.T) {
	f := newFake(t, "3")
	release := make(chan struct{})
	f.spoil = func(n int64) fault {
		if n > 1 {
			<-release
		}
		return none
	}
	url := f.startHTTP()
	t.Cleanup(func() { close(release) }) // before the server closes
	// All have come long before the first times out, however busy the machine is.
	s := measured(t, "-http", url, "-rate", "1000", "-requests", "100", "-connections", "2", "-in-flight", "10", "-timeout", "2s")
	if s.HTTP.Status["unsent"] != 90 || s.HTTP.Status["timeout"] != 10 || s.Failed != 100 {
		t.Errorf("status %v, want 90 unsent and 10 timeouts", s.HTTP.Status)
	}
	refused := measured(t, "-http", "http://127.0.0.1:1", "-rate", "1000", "-requests", "5", "-wait", "0")
	if refused.HTTP.Status["refused"] != 5 {
		t.Errorf("status %v, want 5 refused", refused.HTTP.Status)
	}
}

// A closed loop asks as fast as the answers come, with so many at once.
func TestClosedLoop(t *testing.T) {
	f := newFake(t, "3")
	var mu sync.Mutex
	var now, most int
	f.spoil = func(int64) fault {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		return none
	}
	s := measured(t, "-http", f.startHTTP(), "-grpc", f.startGRPC(), "-closed", "4", "-duration", "400ms")
	if most != 4 || s.OK < 40 || s.OK > 400 || s.Failed != 0 || s.HTTP.OK == 0 || s.GRPC.OK == 0 {
		t.Errorf("at most %d at once, %+v; want 4 at once, and 320 in all", most, s.Counts)
	}
}

// A load is watched and ended over its control port, and ends by a signal.
func TestControl(t *testing.T) {
	f := newFake(t, "3")
	url := f.startHTTP()
	control := freeAddress(t)
	for _, how := range []string{"asked", "a signal"} {
		t.Run(how, func(t *testing.T) {
			ctx, signal := context.WithCancel(t.Context())
			defer signal()
			var out bytes.Buffer
			log := &lines{seen: make(chan string, 1)}
			done := make(chan int, 1)
			go func() {
				done <- run(ctx, []string{"-http", url, "-golden", housing, "-control", control, "-rate", "200"}, &out, log)
			}()
			if line := <-log.seen; line != "started\n" {
				t.Errorf("the first line is %q", line)
			}
			if s := fetch(t, "http://"+control+"/summary"); !s.Running || s.OK == 0 || s.Seconds <= 0 {
				t.Errorf("while it runs: running %v, %v s, %+v", s.Running, s.Seconds, s.Counts)
			}
			var asked *Summary
			if how == "asked" {
				asked = fetch(t, "http://"+control+"/stop")
			} else {
				signal()
			}
			if code := <-done; code != exitMeasured {
				t.Errorf("ended with %d", code)
			}
			var last Summary
			if err := json.Unmarshal(out.Bytes(), &last); err != nil || last.Running || last.OK == 0 || last.Failed != 0 {
				t.Errorf("the last line: %v, %q", err, out.String())
			}
			if asked != nil && (asked.Running || asked.Requests != last.Requests) {
				t.Errorf("/stop told of %d requests, the last line of %d", asked.Requests, last.Requests)
			}
		})
	}
}

// lines passes the first line on.
type lines struct{ seen chan string }

func (l *lines) Write(b []byte) (int, error) {
	select {
	case l.seen <- string(b):
	default:
	}
	return len(b), nil
}

func fetch(t *testing.T, url string) *Summary {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var s Summary
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"-http", "http://x", "-rate", "0"},
		{"-http", "http://x", "-api", "v3"},
		{"-http", "http://x", "-rows", "0"},
		{"-http", "http://x", "-timeout", "0"},
		{"-http", "http://x", "now"},
		{"-nonsense"},
	} {
		var out, log strings.Builder
		if code := run(t.Context(), args, &out, &log); code != exitUsage || log.Len() == 0 || out.Len() != 0 {
			t.Errorf("load %v ended with %d, %q", args, code, log.String())
		}
	}
}

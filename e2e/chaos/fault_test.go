//go:build chaos && linux

package chaos

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// A fault is something that happens to a scene while it serves.
type fault struct {
	name   string
	setup  setup
	begin  func(*scene)
	during func(*scene) // what else has to hold while it lasts
	hold   time.Duration
	end    func(*scene) // nil: it has no end, or ends by itself
	// outage: while it lasts nobody can answer. Then a refusal that comes
	// within the deadline, of one of these statuses, is what is left to do.
	outage  bool
	allowed []string
	slow    time.Duration // the deadline, where it is not the usual one
}

// memory is how much more a process may hold after a fault than before: what
// pools and buffers that were never full keep.
const memory = 24 << 20

// few is what may be left, in goroutines and descriptors, when the wait for the
// last connections to be given up is over.
const few = 4

// run has a fault happen under load, and holds the services to this: what can
// be answered is answered, right and in time; what cannot is refused in time;
// afterwards all is as before.
func (f fault) run(t *testing.T) {
	t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
		t.Parallel()
		f.happen(t, newScene(t, f.setup))
	})
}

func (f fault) happen(t *testing.T, s *scene) usage {
	t.Helper()
	warm := s.startLoad() // until all that is kept for later is there
	time.Sleep(time.Second)
	if sum := warm.stop(); sum.OK != sum.Requests || sum.OK == 0 {
		t.Fatalf("before the fault: %+v", sum)
	}
	before := s.usages()

	s.load = s.startLoad()
	time.Sleep(500 * time.Millisecond)
	f.begin(s)
	since := time.Now()
	if f.during != nil {
		f.during(s)
	}
	time.Sleep(f.hold - time.Since(since))
	if f.end != nil {
		f.end(s)
		since = time.Now()
	}
	recovered := s.recovery(since)
	time.Sleep(300 * time.Millisecond)
	sum := s.load.stop()

	l := row{fault: f.name, ok: sum.OK, refused: statuses(sum.HTTP), slowest: milliseconds(sum.HTTP.Milliseconds.Max), lost: f.lost(sum), recovered: recovered}
	more := s.left(before)
	l.left = fmt.Sprintf("%d, %d, %.1f", more.goroutines, more.descriptors, float64(more.heap)/(1<<20))
	table.add(l)
	t.Logf("%+v", l)
	if l.lost > 0 {
		t.Errorf("%d of %d requests were lost: %s; the first: %+v", l.lost, sum.Requests, l.refused, sum.Failures[:min(3, len(sum.Failures))])
	}
	if most := max(deadline, f.slow); l.slowest > most+500*time.Millisecond {
		t.Errorf("an answer took %v, the deadline is %v", l.slowest, most)
	}
	if s.gateway.ended() {
		t.Error("the gateway ended")
	}
	return more
}

// lost counts what was not answered though somebody could, and what was neither
// answered nor refused in time.
func (f fault) lost(sum *summary.Summary) int {
	lost := sum.Failed + sum.Wrong
	if f.outage {
		for _, status := range f.allowed {
			lost -= sum.HTTP.Status[status]
		}
	}
	return lost
}

// recovery waits until answers are right and quick again, one after the other,
// and tells how long that took.
func (s *scene) recovery(since time.Time) time.Duration {
	s.t.Helper()
	client := s.gateway.host.client(patience)
	defer client.CloseIdleConnections()
	const quick, enough = 250 * time.Millisecond, 25
	steady, first := 0, time.Time{}
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		begin := time.Now()
		ok := s.predict(client, s.credential()) == http.StatusOK && time.Since(begin) < quick
		switch {
		case !ok:
			steady = 0
		case steady == 0:
			steady, first = 1, begin
		default:
			steady++
		}
		if steady == enough {
			return max(first.Sub(since), 0)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Errorf("not recovered after 40 s")
	return 40 * time.Second
}

// predict asks for a prediction and tells the status; 0 means no answer.
func (s *scene) predict(client *http.Client, credential string) int {
	req, err := http.NewRequest(http.MethodPost, s.url+"/predict", strings.NewReader(house))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if credential != "" {
		req.Header.Set("Authorization", "Bearer "+credential)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// credential is what the load shows.
func (s *scene) credential() string {
	if s.setup.credential == "" {
		return ""
	}
	credential, err := os.ReadFile(s.setup.credential)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(credential)
}

const house = `{"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880, "total_bedrooms": 129,
	"population": 322, "households": 126, "median_income": 8.3252, "ocean_proximity": "NEAR BAY"}`

// usages are what each process holds; those that were started again count anew.
func (s *scene) usages() map[int]usage {
	s.t.Helper()
	all := map[int]usage{}
	for _, p := range append(s.predicts[:len(s.predicts):len(s.predicts)], s.gateway) {
		if u, err := p.usage(); err == nil {
			all[p.pid()] = u
		} else {
			s.t.Error(err)
		}
	}
	return all
}

// left waits until each process holds what it held before, and tells the most
// that one holds beyond that, at its best: connections come and go all the time.
func (s *scene) left(before map[int]usage) usage {
	s.t.Helper()
	best := map[int]usage{}
	// A connection that the other side gave up is found out by a ping: in a minute or so.
	for end := time.Now().Add(lasting(10*time.Second, 100*time.Second)); ; time.Sleep(100 * time.Millisecond) {
		for pid, now := range s.usages() {
			was, ok := before[pid]
			if !ok {
				continue // it was started again
			}
			more := usage{now.goroutines - was.goroutines, now.descriptors - was.descriptors, now.heap - was.heap}
			if least, ok := best[pid]; ok {
				more = usage{min(more.goroutines, least.goroutines), min(more.descriptors, least.descriptors), min(more.heap, least.heap)}
			}
			best[pid] = more
		}
		var most usage
		for _, more := range best {
			most = usage{max(most.goroutines, more.goroutines), max(most.descriptors, more.descriptors), max(most.heap, more.heap)}
		}
		clean := most.goroutines <= 0 && most.descriptors <= 0 && most.heap <= memory
		if clean || time.Now().After(end) {
			// Hundreds of calls went wrong: what each leaves behind is more than a few.
			leaks := most.goroutines > few || most.descriptors > few || most.heap > memory
			if leaks {
				s.t.Errorf("left behind: %+v", most)
			}
			return most
		}
	}
}

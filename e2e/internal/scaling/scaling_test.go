package scaling

import (
	"strings"
	"testing"
	"time"
)

var policy = Policy{Min: 2, Max: 5, CPU: 60, Memory: 75, UpPercent: 50, DownPercent: 25,
	UpPeriod: 15 * time.Second, DownPeriod: 15 * time.Second, DownWindow: 20 * time.Second}

// at makes a point so many seconds after the start.
func at(seconds float64, current, desired, cpu, memory int) Point {
	return Point{time.Unix(0, 0).Add(time.Duration(seconds * float64(time.Second))), current, desired, cpu, memory}
}

func TestProposal(t *testing.T) {
	for _, c := range []struct{ current, cpu, memory, want int }{
		{2, 60, 10, 2},
		{2, 66, 10, 2}, // 10 % are tolerated
		{2, 67, 10, 3}, // ceil(2.23)
		{2, 300, 10, 10},
		{5, 54, 10, 5},
		{5, 53, 10, 5}, // ceil(4.42)
		{5, 40, 10, 4}, // ceil(3.33)
		{4, 1, 1, 1},
		{4, 1, 150, 8}, // the metric that asks for most
	} {
		if got := policy.Proposal(at(0, c.current, c.current, c.cpu, c.memory)); got != c.want {
			t.Errorf("%d pods at %d %% CPU and %d %% memory: %d, want %d", c.current, c.cpu, c.memory, got, c.want)
		}
	}
}

// What an autoscaler may do is accepted, and each thing that it must not do is
// found.
func TestCheck(t *testing.T) {
	rest, high := at(0, 2, 2, 5, 10), 300
	for _, c := range []struct {
		name  string
		trace []Point
		want  string // in the error; "" for none
	}{
		{"a whole way up and down", []Point{
			at(-9, 1, 2, 0, 0), rest, at(10, 2, 3, high, 10), at(12, 3, 3, high, 10), at(26, 3, 5, high, 10), at(40, 5, 5, 150, 10),
			at(60, 5, 5, 3, 10), at(70, 5, 3, 3, 10), at(86, 3, 2, 3, 10), at(100, 2, 2, 3, 10),
		}, ""},
		{"less than was asked for, as of pods too young to be measured", []Point{rest, at(10, 2, 3, high, 10), at(26, 3, 4, high, 10)}, ""},
		{"up without need", []Point{rest, at(10, 2, 3, 64, 10)}, "did not ask"},
		{"up beyond what was asked for", []Point{rest, at(10, 2, 3, high, 10), at(40, 3, 5, 70, 10)}, "asked for 4"},
		{"up faster than allowed", []Point{rest, at(10, 2, 4, high, 10)}, "allow 3"},
		{"up twice in a period", []Point{rest, at(10, 2, 3, high, 10), at(20, 3, 5, high, 10)}, "allow 3"},
		{"up beyond the most", []Point{rest, at(10, 2, 3, high, 10), at(30, 3, 5, high, 10), at(50, 5, 6, high, 10)}, "at most 5"},
		{"up too little", []Point{at(0, 4, 4, 5, 10), at(10, 4, 4, 5, 10), {At: at(11, 0, 0, 0, 0).At, Current: 3, Desired: 4, CPU: high}}, "allows 5"},
		{"down within the window", []Point{at(0, 5, 5, high, 10), at(60, 5, 5, 3, 10), at(60, 5, 3, 3, 10)}, "15s before, the usage asked for 25, and the window is 20s"},
		{"down soon after a peak", []Point{at(0, 5, 5, 3, 10), at(50, 5, 5, high, 10), at(51, 5, 5, 3, 10), at(60, 5, 3, 3, 10)}, "10s before"},
		{"down faster than allowed", []Point{at(0, 5, 5, 3, 10), at(60, 5, 2, 3, 10)}, "allow 3"},
		{"down twice in a period", []Point{at(0, 5, 5, 3, 10), at(60, 5, 3, 3, 10), at(70, 3, 2, 3, 10)}, "allow 3"},
		{"down below the least", []Point{at(0, 2, 2, 3, 10), at(60, 2, 1, 3, 10)}, "at least 2"},
		{"down while the usage is still high", []Point{at(0, 5, 5, 55, 10), at(60, 5, 4, 55, 10)}, "asked for 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := policy.Check(c.trace)
			if c.want == "" && err != nil {
				t.Error(err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

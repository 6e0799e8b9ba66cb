// Package scaling holds what a HorizontalPodAutoscaler did to the policy that
// it was given: the published formula, worked out a second time from the trace
// of its status.
package scaling

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Policy is a chart's values under autoscaling.
type Policy struct {
	Min, Max               int
	CPU, Memory            int // targets, in percent of the requests
	UpPercent, DownPercent int
	UpPeriod, DownPeriod   time.Duration
	UpWindow, DownWindow   time.Duration
}

// A Point is one status of the autoscaler: how many pods there were, how many
// it wanted, and the usage by which it judged, in percent of the requests.
type Point struct {
	At               time.Time
	Current, Desired int
	CPU, Memory      int
}

func (p Point) String() string {
	return fmt.Sprintf("%s: %d pods, wanted %d, CPU %d %%, memory %d %%", p.At.Format("15:04:05.0"), p.Current, p.Desired, p.CPU, p.Memory)
}

// tolerance is by how much usage may miss its target without a consequence:
// the default of kube-controller-manager.
const tolerance = 0.1

// slack is how much later than its decision a status may be written: the
// autoscaler changes the number of pods first, and both are calls of an API
// server that shares a small node with everything else. Times are whole seconds.
const slack = 4 * time.Second

// sync is how often at least the autoscaler looks: the default of
// kube-controller-manager. It writes no status when nothing has changed.
const sync = 15 * time.Second

// Check returns what in a trace is not as the policy has it; nil if all is.
// The trace begins at rest, and its points are in order.
func (p Policy) Check(trace []Point) error {
	var wrong []error
	for i, point := range trace {
		var err error
		switch {
		case point.Desired > point.Current:
			err = p.checkUp(trace, i)
		case point.Desired < point.Current:
			err = p.checkDown(trace, i)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%v: %w", point, err))
		}
	}
	return errors.Join(wrong...)
}

// Proposal is what the usage alone asks for: ceil(current × usage ÷ target) of
// the metric that asks for most, and no change within the tolerance.
func (p Policy) Proposal(point Point) int {
	most := 0
	for _, m := range []struct{ usage, target int }{{point.CPU, p.CPU}, {point.Memory, p.Memory}} {
		ratio := float64(m.usage) / float64(m.target)
		n := point.Current
		if ratio < 1-tolerance || ratio > 1+tolerance {
			n = int(math.Ceil(ratio * float64(point.Current)))
		}
		most = max(most, n)
	}
	return most
}

func (p Policy) checkUp(trace []Point, i int) error {
	point := trace[i]
	if point.Current < p.Min && point.Desired == p.Min {
		return nil // it starts with the least, whatever the usage
	}
	proposal := p.Proposal(point)
	least, most := p.limits(trace, i, func(start int) int {
		return int(math.Ceil(float64(start) * (1 + float64(p.UpPercent)/100)))
	})
	switch {
	case proposal <= point.Current:
		return errors.New("it scaled up although the usage did not ask for it")
	case point.Desired > proposal:
		return fmt.Errorf("the usage asked for %d", proposal)
	case point.Desired > min(p.Max, most):
		return fmt.Errorf("%d %% every %v and at most %d allow %d", p.UpPercent, p.UpPeriod, p.Max, min(p.Max, most))
	case p.settled(trace, i) && point.Desired < min(proposal, p.Max, max(least, point.Current)):
		// Pods that are too young to be measured count as idle: with such, less
		// is right.
		return fmt.Errorf("the usage asked for %d, and the policy allows %d", proposal, min(p.Max, least))
	}
	return nil
}

func (p Policy) checkDown(trace []Point, i int) error {
	point := trace[i]
	least, _ := p.limits(trace, i, func(start int) int {
		return int(float64(start) * (1 - float64(p.DownPercent)/100))
	})
	if point.Desired < max(p.Min, least) {
		return fmt.Errorf("%d %% every %v and at least %d allow %d", p.DownPercent, p.DownPeriod, p.Min, max(p.Min, least))
	}
	// Within the window, the greatest proposal holds. What was seen before one
	// point may have been made last a sync earlier.
	from := point.At.Add(-p.DownWindow + slack)
	for j := i; j >= 0; j-- {
		last := trace[j].At
		if j < i {
			last = later(last, trace[j+1].At.Add(-sync))
		}
		if last.Before(from) {
			break
		}
		if n := p.Proposal(trace[j]); point.Desired < min(n, p.Max) {
			return fmt.Errorf("%v before, the usage asked for %d, and the window is %v", point.At.Sub(last).Round(time.Millisecond), n, p.DownWindow)
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// limits are the least and the most that a rate may allow at point i: what
// changed about a period ago may count or not, because a status is seen later
// than the change was made.
func (p Policy) limits(trace []Point, i int, allowed func(start int) int) (least, most int) {
	period := p.UpPeriod
	if trace[i].Desired < trace[i].Current {
		period = p.DownPeriod
	}
	least, most = math.MaxInt, 0
	for _, length := range []time.Duration{period - slack, period + slack} {
		start := trace[i].Current
		for _, before := range trace[:i] {
			if trace[i].At.Sub(before.At) < length {
				start -= before.Desired - before.Current
			}
		}
		least, most = min(least, allowed(start)), max(most, allowed(start))
	}
	return least, most
}

// settled reports whether the number of pods has not changed before.
func (p Policy) settled(trace []Point, i int) bool {
	for _, before := range trace[:i] {
		if before.Desired != before.Current && before.Current >= p.Min {
			return false
		}
	}
	return true
}

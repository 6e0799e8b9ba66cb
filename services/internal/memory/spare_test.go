package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercentOf(t *testing.T) {
	for _, c := range []struct {
		alive uint64
		want  int
	}{{0, 1600}, {2 << 20, 1600}, {4 << 20, 800}, {5 << 20, 800}, {16 << 20, 200}, {31 << 20, 200}, {32 << 20, 100}, {1 << 30, 100}} {
		if got := percentOf(c.alive); got != c.want {
			t.Errorf("%d bytes alive: %d %%, want %d", c.alive, got, c.want)
		}
	}
}

// The heap may grow to what is alive and the spare, or to twice what is alive.
func TestSpare(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	Spare()
	var large []byte
	for _, more := range []int{0, 40 << 20} {
		large = append(large, make([]byte, more)...)
		low, high := uint64(spare), uint64(5*spare)
		if more > 0 {
			low, high = uint64(2*more-more/10), uint64(2*more+more/2)
		}
		goal := uint64(0)
		for range 200 { // the finalizer follows
			runtime.GC()
			if goal = heapGoal(); goal >= low && goal <= high {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if goal < low || goal > high {
			t.Errorf("with %d bytes alive the heap grows to %d, want %d to %d", more, goal, low, high)
		}
		runtime.KeepAlive(large)
	}
}

func heapGoal() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

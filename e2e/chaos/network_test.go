//go:build chaos && linux

package chaos

import (
	"testing"
	"time"
)

// What happens to the links between gateway and predicts.
func TestNetwork(t *testing.T) {
	of := func(f func(*network)) func(*scene) { return func(s *scene) { f(s.setup.network) } }
	losing := func(perThousand int64) func(*network) {
		return func(n *network) { n.every(func(w *wire) { w.loss.Store(perThousand) }) }
	}
	late := func(d time.Duration) func(*network) {
		return func(n *network) { n.every(func(w *wire) { w.delay.Store(int64(d)) }) }
	}
	cut := func(yes bool) func(*network) { return func(n *network) { n.every(func(w *wire) { w.cut.Store(yes) }) } }
	for _, f := range []fault{
		{name: "every twentieth packet lost", begin: of(losing(50)), hold: lasting(4*time.Second, 30*time.Second), end: of(losing(0))},
		{name: "half of one predict's packets lost", hold: lasting(4*time.Second, 30*time.Second),
			begin: of(func(n *network) { n.wires[0].loss.Store(500) }),
			end:   of(func(n *network) { n.wires[0].loss.Store(0) })},
		{name: "packets 100 ms late each way", begin: of(late(100 * time.Millisecond)), hold: lasting(3*time.Second, 20*time.Second), end: of(late(0))},
		{name: "one predict behind a partition", hold: lasting(4*time.Second, 40*time.Second),
			begin: of(func(n *network) { n.wires[0].cut.Store(true) }),
			end:   of(func(n *network) { n.wires[0].cut.Store(false) })},
		{name: "the gateway cut off", begin: of(cut(true)), hold: lasting(4*time.Second, 40*time.Second), end: of(cut(false)),
			outage: true, allowed: []string{"503", "504"}},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.setup.network = newNetwork(t, 3)
			f.happen(t, newScene(t, f.setup))
		})
	}
}

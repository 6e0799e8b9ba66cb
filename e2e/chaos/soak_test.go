//go:build chaos && linux

package chaos

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// One fault after the other for a long time: it ends where it began. One of the
// predicts is never ended, so that what it holds can be compared, too.
func TestSoak(t *testing.T) {
	d := lasting(8*time.Second, 10*time.Minute)
	s := newScene(t, setup{})
	f := fault{
		name: "soak: kills, freezes and slowness for " + d.String(),
		begin: func(s *scene) {
			chance := rand.New(rand.NewPCG(7, 7)) // #nosec G404 -- the same faults each time
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
				p := s.predicts[chance.IntN(2)]
				switch chance.IntN(4) {
				case 0:
					p.kill()
					p.start()
				case 1:
					p.signal(syscall.SIGTERM)
					<-p.done
					p.start()
				case 2:
					p = s.predicts[chance.IntN(3)]
					p.signal(syscall.SIGSTOP)
					time.Sleep(time.Duration(chance.IntN(2000)) * time.Millisecond)
					p.signal(syscall.SIGCONT)
				case 3:
					for range 20 {
						p.signal(syscall.SIGSTOP)
						time.Sleep(40 * time.Millisecond)
						p.signal(syscall.SIGCONT)
						time.Sleep(5 * time.Millisecond)
					}
				}
				s.until("the predict is ready again", 20*time.Second, p.ready)
			}
		},
		end: func(*scene) {},
	}
	more := f.happen(t, s)
	table.Lock()
	defer table.Unlock()
	table.grown = max(more.goroutines, 0)
}

//go:build chaos && linux

package chaos

import (
	"syscall"
	"testing"
	"time"
)

// What happens to one of three predicts is no matter to callers: another answers.
func TestProcesses(t *testing.T) {
	fault{
		name:  "predict killed",
		begin: func(s *scene) { s.predicts[0].kill() },
		hold:  lasting(time.Second, 10*time.Second),
		end:   func(s *scene) { s.predicts[0].start() },
	}.run(t)
	fault{
		name:  "predict frozen",
		begin: func(s *scene) { s.predicts[0].signal(syscall.SIGSTOP) },
		hold:  lasting(4*time.Second, 40*time.Second),
		end:   func(s *scene) { s.predicts[0].signal(syscall.SIGCONT) },
	}.run(t)
	fault{
		name:  "predict slow, a fiftieth of a processor",
		begin: func(s *scene) { s.slow(s.predicts[0], lasting(3*time.Second, 20*time.Second)) },
		hold:  lasting(3*time.Second, 20*time.Second),
		end:   func(*scene) {},
	}.run(t)
	fault{
		name: "predict killed and started again and again",
		begin: func(s *scene) {
			for end := time.Now().Add(lasting(4*time.Second, 20*time.Second)); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
				s.predicts[0].kill()
				s.predicts[0].start()
				time.Sleep(300 * time.Millisecond)
			}
		},
		end: func(*scene) {},
	}.run(t)
	fault{
		name: "every predict killed",
		begin: func(s *scene) {
			for _, p := range s.predicts {
				p.kill()
			}
		},
		hold: lasting(2*time.Second, 10*time.Second),
		end: func(s *scene) {
			for _, p := range s.predicts {
				p.start()
			}
		},
		outage: true, allowed: []string{"503"},
	}.run(t)
	fault{
		name: "every predict frozen",
		begin: func(s *scene) {
			for _, p := range s.predicts {
				p.signal(syscall.SIGSTOP)
			}
		},
		hold: lasting(3*time.Second, 30*time.Second),
		end: func(s *scene) {
			for _, p := range s.predicts {
				p.signal(syscall.SIGCONT)
			}
		},
		outage: true, allowed: []string{"503", "504", "429"},
	}.run(t)
}

// slow lets a process run for 1 ms of 50.
func (s *scene) slow(p *process, d time.Duration) {
	go func() {
		for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
			p.signal(syscall.SIGSTOP)
			time.Sleep(49 * time.Millisecond)
			p.signal(syscall.SIGCONT)
		}
	}()
}

package serve

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestUptime(t *testing.T) {
	for _, c := range []struct {
		name, stat, system string
		want               time.Duration
	}{
		{"a name with a parenthesis", "7 (a) b) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 6 7 8", "124.00 200.5\n", 550 * time.Millisecond},
		{"cut off", "7 (a) S 1", "124.00 200.5\n", 0},
		{"empty", "", "", 0},
		{"no number", "7 (a) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 x", "124.00 200.5\n", 0},
	} {
		if got := uptime([]byte(c.stat), []byte(c.system)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A process that has just begun says so: all that came before it is its own.
func TestUptimeOfThisProcess(t *testing.T) {
	if os.Getenv("TEST_UPTIME") != "" {
		time.Sleep(50 * time.Millisecond)
		t.Logf("uptime %d", Uptime().Milliseconds())
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestUptimeOfThisProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "TEST_UPTIME=1")
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begun)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), "uptime ")
	got, err := strconv.Atoi(strings.Fields(rest + " ")[0])
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if ms := time.Duration(got) * time.Millisecond; ms < 50*time.Millisecond || ms > took+20*time.Millisecond {
		t.Errorf("a process of %v says %v", took, ms)
	}
}

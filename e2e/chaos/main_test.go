//go:build chaos && linux

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// What `make chaos` hands in.
var (
	long       = os.Getenv("CHAOS") == "full"
	bin        = os.Getenv("CHAOS_BIN") // has gateway, predict and load
	repository = top("services", "predict", "models")
)

func top(path ...string) string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

func TestMain(m *testing.M) {
	if os.Getuid() != 0 || bin == "" {
		fmt.Println("chaos: needs root, and CHAOS_BIN, the directory of the binaries: run make chaos")
		os.Exit(1)
	}
	code := m.Run()
	fmt.Print(table.markdown())
	if path := os.Getenv("CHAOS_TABLE"); path != "" {
		if err := os.WriteFile(path, []byte(table.markdown()), 0o600); err != nil {
			fmt.Println("chaos:", err)
			code = 1
		}
	}
	fmt.Print(table.results())
	os.Exit(code)
}

// for how long a fault lasts: the short form's time, or the full form's.
func lasting(short, full time.Duration) time.Duration {
	if long {
		return full
	}
	return short
}

// table is what callers saw, a row a fault.
var table report

type row struct {
	fault     string
	ok        int
	refused   string // or failed, by status
	slowest   time.Duration
	lost      int
	recovered time.Duration
	left      string // behind, after it
}

type report struct {
	sync.Mutex
	rows  []row
	grown int // goroutines after the soak
}

func (r *report) add(line row) {
	r.Lock()
	defer r.Unlock()
	r.rows = append(r.rows, line)
}

func (r *report) markdown() string {
	r.Lock()
	defer r.Unlock()
	out := "| fault | right | refused or failed | slowest | lost | recovered after | more goroutines, descriptors, MB |\n|---|---|---|---|---|---|---|\n"
	for _, l := range r.rows {
		out += fmt.Sprintf("| %s | %d | %s | %d ms | %d | %.2f s | %s |\n", l.fault, l.ok, l.refused, l.slowest.Milliseconds(), l.lost, l.recovered.Seconds(), l.left)
	}
	return out
}

func (r *report) results() string {
	r.Lock()
	defer r.Unlock()
	lost, most := 0, time.Duration(0)
	for _, l := range r.rows {
		lost += l.lost
		most = max(most, l.recovered)
	}
	return fmt.Sprintf("result chaos_cases %d\nresult chaos_lost_requests %d\nresult chaos_recovery_seconds_max %.2f\nresult soak_goroutines_grown %d\n",
		len(r.rows), lost, most.Seconds(), r.grown)
}

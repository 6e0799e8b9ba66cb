// Command contestant is a Go library that takes part in make bench-engine:
// this project's engine or leaves. It speaks contestant.py's protocol.
//
//	contestant treehouse|leaves
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// hotRows is how many rows small batches come from: see contestant.py.
const hotRows = 1024

// A library scores rows with a model that it has opened.
type library interface {
	version() string
	// open reads a model, and the rows to score as they come: row by row.
	open(trainedBy, path string, rows []float32, columns int) error
	// predict scores n rows from the first on.
	predict(first, n int) error
	// outputs are what the last predict gave.
	outputs() []float64
}

type command struct {
	Do      string
	Library string
	Path    string
	Rows    json.RawMessage // the name of a file for load, a number for outputs
	Columns int
	Batch   int
	Calls   int
}

type answer struct {
	Version string  `json:"version,omitempty"`
	Wall    float64 `json:"wall,omitempty"`
	CPU     float64 `json:"cpu,omitempty"`
	Error   string  `json:"error,omitempty"`
}

func main() {
	libraries := map[string]library{"treehouse": new(treehouse), "leaves": new(leavesLibrary)}
	if len(os.Args) != 2 || libraries[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: contestant treehouse|leaves")
		os.Exit(2)
	}
	c := contestant{library: libraries[os.Args[1]]}
	commands, answers := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for commands.Scan() {
		a, err := c.do(commands.Bytes())
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			fmt.Fprintln(os.Stderr, "contestant:", err)
			os.Exit(1)
		}
	}
}

type contestant struct {
	library library
	rows    int
	next    map[int]int // where the next timed call of each batch size takes its rows
}

func (c *contestant) do(line []byte) (answer, error) {
	var cmd command
	if err := json.Unmarshal(line, &cmd); err != nil {
		return answer{}, err
	}
	switch cmd.Do {
	case "hello":
		return answer{Version: c.library.version()}, nil
	case "load":
		return answer{}, c.load(&cmd)
	case "time":
		return c.time(cmd.Batch, cmd.Calls)
	case "outputs":
		return answer{}, c.writeOutputs(&cmd)
	}
	return answer{}, fmt.Errorf("unknown command %q", cmd.Do)
}

func (c *contestant) load(cmd *command) error {
	var path string
	if err := json.Unmarshal(cmd.Rows, &path); err != nil {
		return err
	}
	rows, err := readFloat32s(path)
	if err != nil {
		return err
	}
	c.rows, c.next = len(rows)/cmd.Columns, map[int]int{}
	err = c.library.open(cmd.Library, cmd.Path, rows, cmd.Columns)
	runtime.GC() // what loading left is not to be collected while calls are timed
	return err
}

// time makes calls/4 calls to warm the caches, and then calls that it times.
func (c *contestant) time(batch, calls int) (answer, error) {
	if err := c.calls(batch, calls/4); err != nil {
		return answer{}, err
	}
	cpu, wall := processTime(), time.Now()
	err := c.calls(batch, calls)
	return answer{Wall: time.Since(wall).Seconds(), CPU: processTime() - cpu}, err
}

func (c *contestant) calls(batch, calls int) error {
	rows := c.rows
	if batch < hotRows {
		rows = hotRows
	}
	first := c.next[batch]
	for range calls {
		if first+batch > rows {
			first = 0
		}
		if err := c.library.predict(first, batch); err != nil {
			return err
		}
		first += batch
	}
	c.next[batch] = first
	return nil
}

func (c *contestant) writeOutputs(cmd *command) error {
	var rows int
	if err := json.Unmarshal(cmd.Rows, &rows); err != nil {
		return err
	}
	var out []float64
	for first := 0; first+cmd.Batch <= rows; first += cmd.Batch {
		if err := c.library.predict(first, cmd.Batch); err != nil {
			return err
		}
		out = append(out, c.library.outputs()...)
	}
	return writeFloat64s(cmd.Path, out)
}

// processTime is the processor time of all threads of this process, in seconds.
func processTime() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return float64(t.Nano()) / 1e9
}

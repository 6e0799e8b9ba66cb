// Command bench measures what the response cache is worth, by kind of model,
// rows a request and share of rows that are known; against no cache, and
// against a Redis on this machine that all servers would share.
//
//	bench cache DIRECTORY REDIS-ADDRESS   a table of microseconds a request
//	bench kind DIRECTORY KIND ROWS        microseconds a request of so many rows, once for each line of input
//
// The directory is one that scripts/bench-cache/train.py wrote.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "cache":
		return compareCaches(args[1], args[2])
	case len(args) == 4 && args[0] == "kind":
		return timeKind(args[1], args[2], args[3])
	}
	return fmt.Errorf("usage: bench cache DIRECTORY REDIS-ADDRESS | bench kind DIRECTORY KIND ROWS")
}

// timeKind times a model each time it is asked to.
func timeKind(directory, name, rows string) error {
	k, err := open(directory, name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(rows)
	if err != nil {
		return err
	}
	w := newWorkload(k, n, 100)
	var out scoring.Result
	asks := bufio.NewScanner(os.Stdin)
	for asks.Scan() {
		took, err := measure(func() error {
			return k.version.Model.Predict(context.Background(), w.next(), scoring.Predict, &out)
		})
		if err != nil {
			return err
		}
		fmt.Println(took)
	}
	return asks.Err()
}

// slice is how long one measurement takes, at least: short, for the one that
// nothing interrupts.
const slice = 4 * time.Millisecond

// measure is how many microseconds a call takes.
func measure(call func() error) (float64, error) {
	time.Sleep(slice) // others had to wait: let them catch up
	begin := time.Now()
	calls := 0
	for calls == 0 || time.Since(begin) < slice {
		if err := call(); err != nil {
			return 0, err
		}
		calls++
	}
	return float64(time.Since(begin).Nanoseconds()) / 1e3 / float64(calls), nil
}

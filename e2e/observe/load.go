package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// label is the column that is predicted, which no caller has.
const label = "median_house_value"

// A load asks gateway with the rows of a file, again and again, by all three
// protocols, and with some requests that are wrong.
type load struct {
	gateway string
	names   []string // of columns
	rows    []map[string]any
	drifted atomic.Bool // from now on incomes are doubled, and some values are missing
	next    atomic.Int64
	sent    atomic.Int64
	failed  atomic.Int64 // answers that are not what was expected
	last    atomic.Value // such an answer, as text
}

func readLoad(file string) (*load, error) {
	f, err := os.Open(file) // #nosec G304 -- what the caller names
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(table) < 100 {
		return nil, fmt.Errorf("%s has %d rows; expected at least 100", file, len(table)-1)
	}
	l := &load{}
	for _, name := range table[0] {
		if name != label {
			l.names = append(l.names, name)
		}
	}
	for _, line := range table[1:] {
		row := map[string]any{}
		for i, name := range table[0] {
			if v, err := strconv.ParseFloat(line[i], 64); err == nil {
				row[name] = v
			} else if line[i] == "" {
				row[name] = nil
			} else {
				row[name] = line[i]
			}
		}
		delete(row, label)
		l.rows = append(l.rows, row)
	}
	return l, nil
}

// take returns the next rows.
func (l *load) take(n int) []map[string]any {
	var rows []map[string]any
	for range n {
		i := l.next.Add(1)
		row := l.rows[int(i)%len(l.rows)]
		if l.drifted.Load() {
			row = shifted(row, i)
		}
		rows = append(rows, row)
	}
	return rows
}

func shifted(row map[string]any, i int64) map[string]any {
	other := map[string]any{}
	for name, value := range row {
		other[name] = value
	}
	if income, ok := other["median_income"].(float64); ok {
		other["median_income"] = 2 * income
	}
	if i%4 == 0 {
		other["total_bedrooms"] = nil
	}
	return other
}

// run sends until the context ends: single rows from a few callers all the time,
// and bursts of batches that have to wait for each other.
func (l *load) run(ctx context.Context) {
	var all sync.WaitGroup
	every := func(pause time.Duration, callers int, send func(context.Context)) {
		for range callers {
			all.Go(func() {
				for ctx.Err() == nil {
					send(ctx)
					select {
					case <-ctx.Done():
					case <-time.After(pause):
					}
				}
			})
		}
	}
	every(20*time.Millisecond, 2, func(ctx context.Context) { l.post(ctx, "/predict", l.take(1)[0], 200) })
	every(200*time.Millisecond, 1, func(ctx context.Context) {
		l.post(ctx, "/v1/models/housing/versions/1:predict", map[string]any{"instances": l.take(1)}, 200)
	})
	every(100*time.Millisecond, 1, func(ctx context.Context) { l.post(ctx, "/v2/models/housing/infer", l.tensors(l.take(8)), 200) })
	every(500*time.Millisecond, 1, func(ctx context.Context) {
		var burst sync.WaitGroup
		for range 12 {
			burst.Go(func() {
				l.post(ctx, "/v1/models/housing:predict", map[string]any{"instances": l.take(200)}, 200)
			})
		}
		burst.Wait()
	})
	every(time.Second, 1, func(ctx context.Context) {
		l.post(ctx, "/predict", map[string]any{"longitude": "west"}, 422, 400)
		l.post(ctx, "/v1/models/mansion:predict", map[string]any{"instances": l.take(1)}, 404)
	})
	all.Wait()
}

// tensors are rows as the Open Inference Protocol has them.
func (l *load) tensors(rows []map[string]any) any {
	var inputs []map[string]any
	for _, name := range l.names {
		kind, data := "FP64", []any{}
		for _, row := range rows {
			if _, is := row[name].(string); is {
				kind = "BYTES"
			}
			data = append(data, row[name])
		}
		inputs = append(inputs, map[string]any{"name": name, "datatype": kind, "shape": []int{len(rows)}, "data": data})
	}
	return map[string]any{"inputs": inputs}
}

func (l *load) post(ctx context.Context, path string, body any, expected ...int) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of numbers and strings
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.gateway+path, bytes.NewReader(text))
	if err != nil {
		panic(err) // the address is our own
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if ctx.Err() != nil {
		return
	}
	l.sent.Add(1)
	if err != nil {
		l.failed.Add(1)
		l.last.Store(err.Error())
		return
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	for _, status := range expected {
		if response.StatusCode == status {
			return
		}
	}
	l.failed.Add(1)
	l.last.Store(fmt.Sprintf("%s: %d %s", path, response.StatusCode, answer[:min(len(answer), 300)]))
}

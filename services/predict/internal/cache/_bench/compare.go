package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/treehouse-ml/treehouse/services/predict/internal/cache"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

const limit = 64 << 20 // bytes of the cache, and of Redis

// rounds is how many short slices are measured of each way, in turn; the
// quickest counts, because a machine has other things to do.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_ROUNDS")); err == nil {
		return n
	}
	return 15
}

// shares of known rows, in percent; then those that pods know, and that a cache
// does that they share.
var shares = append([]int{0, 50, 90, 100}, sharesOfHits()...)

const shown = 4 // of the shares, in the first table

func compareCaches(directory, address string) error {
	client := redis.NewClient(&redis.Options{Addr: address})
	defer func() { _ = client.Close() }()
	fmt.Println("Microseconds a request:\n\n| model | rows | without | known rows | in process | Redis |\n|---|---|---|---|---|---|")
	var all []comparison
	for _, name := range []string{"small-forest", "deep-forest", "knn", "knn-brute", "svr", "svc", "text"} {
		k, err := open(directory, name)
		if err != nil {
			return err
		}
		for _, rows := range []int{1, 100} {
			c, err := compare(k, rows, client)
			if err != nil {
				return fmt.Errorf("%s, %d rows: %w", name, rows, err)
			}
			all = append(all, c)
		}
	}
	fmt.Printf("\n%d pods, %d requests of rows out of %d, the common ones more often; %d %% are known to the pod, %d %% to Redis:\n\n", pods, requests, rowsAsked, shares[shown], shares[shown+1])
	fmt.Println("| model | rows | without | in process | Redis |\n|---|---|---|---|---|")
	for _, c := range all {
		fmt.Printf("| %s | %d | %s | %s | %s |\n", c.name, c.rows, figure(c.without), figure(c.mine), figure(c.redis))
	}
	return nil
}

// A comparison is what requests take where pods know what they were asked, or
// share what all of them were.
type comparison struct {
	name                 string
	rows                 int
	without, mine, redis float64
}

const (
	pods      = 4
	requests  = 200_000
	rowsAsked = 50_000
)

// sharesOfHits are how much of a stream of rows pods know that keep what each of
// them was asked, and how much one cache does that they share.
func sharesOfHits() []int {
	own, shared := 0, 0
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same stream each time
	zipf := rand.NewZipf(r, 1.1, 1, rowsAsked-1)
	var here [pods]map[uint64]bool
	for i := range here {
		here[i] = map[uint64]bool{}
	}
	anywhere := map[uint64]bool{}
	for range requests {
		row, pod := zipf.Uint64(), here[r.IntN(pods)]
		if pod[row] {
			own++
		}
		if anywhere[row] {
			shared++
		}
		pod[row], anywhere[row] = true, true
	}
	return []int{(100*own + requests/2) / requests, (100*shared + requests/2) / requests}
}

// compare prints the lines of a model and a size of requests.
func compare(k *kind, rows int, client *redis.Client) (of comparison, err error) {
	ctx := context.Background()
	var out scoring.Result
	plain := newWorkload(k, rows, 100)
	ways := []func() error{func() error { return k.version.Model.Predict(ctx, plain.next(), scoring.Predict, &out) }}
	for _, percent := range shares {
		c := cache.New(map[string]int64{k.name: limit}, prometheus.NewRegistry())
		c.Serve([]*model.Version{k.version})
		r := &shared{client: client, kind: k}
		mine, theirs := newWorkload(k, rows, percent), newWorkload(k, rows, percent)
		ways = append(ways,
			func() error { return c.Predict(ctx, k.version, mine.next(), scoring.Predict, &out) },
			func() error { return r.predict(ctx, theirs.next(), &out) })
		if err := client.FlushAll(ctx).Err(); err != nil {
			return of, err
		}
		if percent > 0 {
			for all := newWorkload(k, rows, 100); all.row < known; {
				b := all.next()
				if err := c.Predict(ctx, k.version, b, scoring.Predict, &out); err != nil {
					return of, err
				}
				if err := r.predict(ctx, b, &out); err != nil {
					return of, err
				}
			}
		}
	}
	best := make([]float64, len(ways))
	for range rounds() {
		for i, way := range ways {
			took, err := measure(way)
			if err != nil {
				return of, err
			}
			if best[i] == 0 {
				best[i] = took
			}
			best[i] = min(best[i], took)
		}
	}
	for i, percent := range shares[:shown] {
		fmt.Printf("| %s | %d | %s | %d %% | %s | %s |\n", k.name, rows, figure(best[0]), percent, figure(best[1+2*i]), figure(best[2+2*i]))
	}
	return comparison{k.name, rows, best[0], best[1+2*shown], best[2+2*(shown+1)]}, nil
}

// figure is microseconds in about three digits.
func figure(us float64) string {
	digits := slices.IndexFunc([]float64{100, 10, 1}, func(from float64) bool { return us >= from })
	if digits < 0 {
		digits = 2
	}
	return fmt.Sprintf("%.*f", digits, us)
}

package app

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// BenchmarkFairness floods servers with the calls of one caller, as fast as 64 at
// a time are answered, while another makes calls of his own, one at a time and with
// pauses. For each case it prints by what factor the 99th percentile of the other's
// latency is higher than without the flood: the median of five trials, each of them
// without and then with it. fairness_p99_factor is that of the case equal, always,
// and stands for no other.
//
// Servers and flood have processes of their own, and scripts/bench-fairness, which
// starts them, has the system prefer the other's client to the servers and these to
// the flood's: clients elsewhere would not compete for their processors, and what
// is measured is how the servers share them.
func BenchmarkFairness(b *testing.B) {
	predict, gateway := environment(b, "PREDICT"), environment(b, "GATEWAY")
	var names []string
	measured := 0
	for _, c := range []struct {
		name, result string
		address      string
		flood, rows  int // of its calls, and of the other's
	}{
		{"equal", "fairness_p99_factor", predict, 500, 500},
		{"large", "fairness_p99_factor_large_flood", predict, 20_000, 500},
		{"small", "fairness_p99_factor_single_rows", predict, 1, 1},
		{"gateway_equal", "fairness_p99_factor_gateway", gateway, 500, 500},
		{"gateway_large", "fairness_p99_factor_gateway_large_flood", gateway, 20_000, 500},
		{"gateway_small", "fairness_p99_factor_gateway_single_rows", gateway, 1, 1},
	} {
		names = append(names, c.name)
		b.Run(c.name, func(b *testing.B) {
			measured++
			o := newSteadyCaller(b, c.address, "other", c.rows)
			o.latencies(b, time.Second) // it is warm
			for b.Loop() {
				const trials, each = 5, 1500 * time.Millisecond
				var factors []float64
				for range trials {
					alone := o.latencies(b, each)
					flood := startFlood(b, c.address, strconv.Itoa(c.flood), (each + 500*time.Millisecond).String())
					flood.until("flooding ")
					time.Sleep(500 * time.Millisecond)
					flooded := o.latencies(b, each)
					factors = append(factors, float64(quantile(flooded, .99))/float64(quantile(alone, .99)))
					b.Logf("%s: alone p50 %v p99 %v (%d calls); beside %s calls of another p50 %v p99 %v (%d calls)", c.name, quantile(alone, .5), quantile(alone, .99), len(alone),
						flood.until("answered "), quantile(flooded, .5), quantile(flooded, .99), len(flooded))
				}
				fmt.Printf("result %s %.2f\n", c.result, quantile(factors, .5))
			}
		})
	}
	if measured == 0 {
		b.Fatalf("no case of this name; expected one of %s", strings.Join(names, ", "))
	}
}

// environment is what scripts/bench-fairness says: addresses of servers, the
// callers' keys, FLOOD for the arguments of the flood, and NICE for the command
// that starts its process.
func environment(tb testing.TB, name string) string {
	tb.Helper()
	v, ok := os.LookupEnv("TREEHOUSE_FAIRNESS_" + name)
	if !ok {
		tb.Skip("scripts/bench-fairness starts what this measures")
	}
	return v
}

// TestFairnessFlood is the flood's process.
func TestFairnessFlood(t *testing.T) {
	args := strings.Fields(environment(t, "FLOOD"))
	rows, err := strconv.Atoi(args[1])
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.ParseDuration(args[2])
	if err != nil {
		t.Fatal(err)
	}
	c := newSteadyCaller(t, args[0], "flood", rows)
	var answered atomic.Int64
	var wg sync.WaitGroup
	fmt.Println("flooding now")
	end := time.Now().Add(d)
	for range 64 {
		wg.Go(func() {
			for time.Now().Before(end) {
				switch err := c.call(); status.Code(err) {
				case codes.OK:
					answered.Add(1)
				case codes.ResourceExhausted:
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	fmt.Printf("answered %d\n", answered.Load())
}

// A process runs a test of this program.
type process struct {
	b    *testing.B
	out  io.Reader
	said string
}

func startFlood(b *testing.B, args ...string) *process {
	b.Helper()
	command := append(strings.Fields(environment(b, "NICE")), os.Args[0], "-test.run=^TestFairnessFlood$", "-test.v")
	cmd := exec.CommandContext(b.Context(), command[0], command[1:]...) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), "TREEHOUSE_FAIRNESS_FLOOD="+strings.Join(args, " "))
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &process{b: b, out: out}
}

// until returns what the process says after some words, to the end of the line.
func (p *process) until(words string) string {
	p.b.Helper()
	buf := make([]byte, 4096)
	for {
		if _, rest, ok := strings.Cut(p.said, words); ok {
			if line, _, ok := strings.Cut(rest, "\n"); ok {
				return line
			}
		}
		n, err := p.out.Read(buf)
		if p.said += string(buf[:n]); err != nil {
			p.b.Fatalf("a process ended with %v before it said %q: %s", err, words, p.said)
		}
	}
}

// A steadyCaller makes one call again and again.
type steadyCaller struct {
	call func() error // its error is a status
}

func newSteadyCaller(tb testing.TB, address, name string, rows int) *steadyCaller {
	tb.Helper()
	credential := "Bearer " + environment(tb, name)
	c := &steadyCaller{byGRPC(tb, address, credential, rows)}
	if strings.HasPrefix(address, "http") {
		c.call = byHTTP(tb, address, credential, rows)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := c.call(); err == nil || status.Code(err) == codes.ResourceExhausted {
			return c
		} else if time.Now().After(deadline) {
			tb.Fatal(err)
		}
	}
}

func byGRPC(tb testing.TB, address, credential string, rows int) func() error {
	tb.Helper()
	request, err := proto.Marshal(houses(rows))
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	ctx := metadata.AppendToOutgoingContext(tb.Context(), "authorization", credential)
	return func() error {
		return conn.Invoke(ctx, predictv1.PredictService_Predict_FullMethodName, encoded(request), nil, grpc.ForceCodec(encodedCodec{}))
	}
}

func byHTTP(tb testing.TB, address, credential string, rows int) func() error {
	tb.Helper()
	records := make([]map[string]any, rows)
	for i := range records {
		records[i] = map[string]any{}
		for _, c := range houses(1).GetTable().GetColumns() {
			if numbers := c.GetNumbers(); numbers != nil {
				records[i][c.GetName()] = numbers.GetValues()[0] + float64(i%97)
			} else {
				records[i][c.GetName()] = c.GetStrings().GetValues()[0]
			}
		}
	}
	body, err := json.Marshal(records)
	if err != nil {
		tb.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	tb.Cleanup(client.CloseIdleConnections)
	return func() error {
		r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, address+"/predict", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", credential)
		resp, err := client.Do(r)
		if err != nil {
			return status.Error(codes.Unavailable, err.Error())
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		switch {
		case err != nil:
			return status.Error(codes.Unavailable, err.Error())
		case resp.StatusCode == http.StatusTooManyRequests:
			return status.Error(codes.ResourceExhausted, "")
		case resp.StatusCode != http.StatusOK:
			return status.Errorf(codes.Internal, "%s: %.200s", resp.Status, answer)
		}
		return nil
	}
}

// latencies makes one call after the other, with pauses.
func (c *steadyCaller) latencies(b *testing.B, d time.Duration) (all []time.Duration) {
	b.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		begun := time.Now()
		if err := c.call(); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(begun))
	}
	return all
}

// encoded is a message that was encoded before, so that calling costs little.
type encoded []byte

type encodedCodec struct{}

func (encodedCodec) Name() string                  { return "proto" }
func (encodedCodec) Marshal(v any) ([]byte, error) { return v.(encoded), nil }
func (encodedCodec) Unmarshal([]byte, any) error   { return nil }

func quantile[T cmp.Ordered](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1))]
}

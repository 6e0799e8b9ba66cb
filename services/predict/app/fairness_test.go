package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
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
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// BenchmarkFairness floods a server with the calls of one caller, as fast as 64
// at a time are answered, while another makes calls of his own, one at a time and
// with pauses. It prints by what factor the 99th percentile of the other's
// latency is higher than without the flood: the median of five trials, each of
// them without and then with it.
//
// Server and flood have processes of their own, and scripts/bench-fairness has
// the system prefer the other's client to the server and the server to the
// flood's: clients elsewhere would not compete for its processors, and what is
// measured is how the server shares them.
func BenchmarkFairness(b *testing.B) {
	address := another(b, "TestFairnessServer").until("listening ")
	for _, c := range []struct {
		name, result string
		flood, rows  int // of its calls, and of the other's
	}{
		{"equal", "fairness_p99_factor", 500, 500},
		{"large", "fairness_p99_factor_large_flood", 20_000, 500},
		{"small", "fairness_p99_factor_single_rows", 1, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := newSteadyCaller(b, address, "other", c.rows)
			o.latencies(b, time.Second) // it is warm
			for b.Loop() {
				const trials, each = 5, 1500 * time.Millisecond
				var factors []float64
				for range trials {
					alone := o.latencies(b, each)
					flood := another(b, "TestFairnessFlood", address, strconv.Itoa(c.flood), (each + 500*time.Millisecond).String())
					flood.until("flooding ")
					time.Sleep(500 * time.Millisecond)
					flooded := o.latencies(b, each)
					factors = append(factors, float64(quantile(flooded, .99))/float64(quantile(alone, .99)))
					b.Logf("alone p50 %v p99 %v (%d calls); beside %s calls of another p50 %v p99 %v (%d calls)", quantile(alone, .5), quantile(alone, .99), len(alone),
						flood.until("answered "), quantile(flooded, .5), quantile(flooded, .99), len(flooded))
				}
				fmt.Printf("result %s %.2f\n", c.result, quantile(factors, .5))
			}
		})
	}
}

// processArguments, in the environment, has a test be a process of
// BenchmarkFairness. After processWrapper and the test's name stands by what
// program it is started.
const (
	processArguments = "TREEHOUSE_FAIRNESS"
	processWrapper   = "TREEHOUSE_FAIRNESS_"
)

func arguments(t *testing.T) []string {
	arguments, ok := os.LookupEnv(processArguments)
	if !ok {
		t.SkipNow() // this is no test by itself
	}
	return strings.Fields(arguments)
}

func TestFairnessServer(t *testing.T) {
	arguments(t)
	o := DefaultOptions()
	o.GRPCAddress, o.AdminAddress = "127.0.0.1:0", "127.0.0.1:0"
	o.Repository, o.LogOutput = "../models", io.Discard
	o.Auth.Mode = access.Off
	o.interceptors = []grpc.UnaryServerInterceptor{asCaller}
	o.Listening = func(grpc, _ net.Addr) { fmt.Printf("listening %s\n", grpc) }
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := Run(ctx, o); err != nil {
		t.Fatal(err)
	}
}

// asCaller stands for authentication: the caller is who the credential says.
func asCaller(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if names := metadata.ValueFromIncomingContext(ctx, "authorization"); len(names) == 1 {
		ctx = principal.NewContext(ctx, &principal.Principal{Name: names[0], Method: "key"})
	}
	return next(ctx, req)
}

func TestFairnessFlood(t *testing.T) {
	args := arguments(t)
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

func another(b *testing.B, test string, args ...string) *process {
	b.Helper()
	command := append(strings.Fields(os.Getenv(processWrapper+test)), os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd := exec.CommandContext(b.Context(), command[0], command[1:]...) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), processArguments+"="+strings.Join(args, " "))
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
	conn    *grpc.ClientConn
	ctx     context.Context
	request encoded
}

func newSteadyCaller(tb testing.TB, address, name string, rows int) *steadyCaller {
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
	c := &steadyCaller{conn, metadata.AppendToOutgoingContext(tb.Context(), "authorization", name), request}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := c.call(); err == nil || status.Code(err) == codes.ResourceExhausted {
			return c
		} else if time.Now().After(deadline) {
			tb.Fatal(err)
		}
	}
}

func (c *steadyCaller) call() error {
	return c.conn.Invoke(c.ctx, predictv1.PredictService_Predict_FullMethodName, c.request, nil, grpc.ForceCodec(encodedCodec{}))
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

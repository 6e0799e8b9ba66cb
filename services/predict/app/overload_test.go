package app

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// Whom a full server refuses learns at once when to come back, all the others
// are answered, and every call is counted, those too that were refused before
// they were read.
func TestOverload(t *testing.T) {
	s := start(t, func(o *Options) { o.InFlight, o.Queue = 1, -1 })
	s.ready()
	client := predictv1.NewPredictServiceClient(s.conn)
	var answered, refused atomic.Int64
	var callers sync.WaitGroup
	small, large := house(), houses(20_000) // which is computed long enough for others to come
	for n := range 8 {
		callers.Go(func() {
			request, calls := small, 200
			if n < 2 {
				request, calls = large, 20
			}
			for range calls {
				resp, err := client.Predict(t.Context(), request)
				switch st := status.Convert(err); st.Code() {
				case codes.OK:
					answered.Add(1)
					if len(resp.GetValues()) == 0 || resp.GetValues()[0] != 442099 {
						t.Errorf("answered %v", resp.GetValues())
					}
				case codes.ResourceExhausted:
					refused.Add(1)
					if !tellsWhen(st) {
						t.Errorf("%v does not tell when to come back", st)
					}
				default:
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if answered.Load() == 0 || refused.Load() == 0 {
		t.Fatalf("%d answered and %d refused, want some of both", answered.Load(), refused.Load())
	}
	_, metrics := s.get("/metrics")
	for code, n := range map[string]int64{"OK": answered.Load(), "ResourceExhausted": refused.Load()} {
		if want := fmt.Sprintf("treehouse_grpc_requests_total{code=%q,method=%q} %d\n", code, predictv1.PredictService_Predict_FullMethodName, n); !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
}

func tellsWhen(st *status.Status) bool {
	for _, detail := range st.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok && retry.GetRetryDelay().AsDuration() > 0 {
			return true
		}
	}
	return false
}

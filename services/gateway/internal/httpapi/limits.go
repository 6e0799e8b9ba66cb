package httpapi

import (
	"net/http"
	"net/textproto"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/address"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// limitHeaders are predict's metadata about the caller's limits, and the headers
// that tell it.
var limitHeaders = func() (all [][2]string) {
	for _, name := range []string{quota.LimitHeader, quota.RemainingHeader, quota.ResetHeader, quota.PolicyHeader} {
		all = append(all, [2]string{name, textproto.CanonicalMIMEHeaderKey(name)})
	}
	return all
}()

// charge takes requests or rows out of the limits of the client's address. The
// header tells of the bucket that is emptiest so far.
func (c *call) charge(requests, rows int) error {
	limits := c.server.o.Limits
	if limits == nil {
		return nil
	}
	model := c.model
	if c.route.path == "/predict" {
		model = c.server.o.DefaultModel
	}
	state, err := limits.Charge(c.r.Context(), quota.Subject{Address: address.Network(c.address), Model: model}, requests, rows)
	if err != nil || state.Before(c.limit) {
		c.limit = state
		header := c.w.Header()
		state.Headers(func(name, value string) { header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value} })
	}
	return err
}

// tellLimits passes on what predict says is left of the caller's limits, if it
// refused for that, or if the address has more left.
func (c *call) tellLimits(refused error) {
	if len(c.header[quota.PolicyHeader]) == 0 {
		return
	}
	left := quota.State{Policy: c.header[quota.PolicyHeader][0]}
	left.Limit, _ = strconv.Atoi(first(c.header[quota.LimitHeader]))
	left.Remaining, _ = strconv.Atoi(first(c.header[quota.RemainingHeader]))
	if status.Code(refused) != codes.ResourceExhausted && !left.Before(c.limit) {
		return
	}
	header := c.w.Header()
	for _, h := range limitHeaders {
		header[h[1]] = c.header[h[0]]
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// overLimit is what a client is told whose address asked for too much. What can
// never pass is no reason to come back.
func overLimit(e *quota.ExceededError) *Error {
	if e.Never {
		return &Error{Status: http.StatusRequestEntityTooLarge, Code: "above_limit", Message: e.Error()}
	}
	return &Error{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: e.Error(), retryAfter: e.Retry}
}

// rowsOf is how many rows a request of the protocol has: as many as its first
// tensor.
func rowsOf(inputs []*inference.ModelInferRequest_InferInputTensor) int {
	if len(inputs) > 0 && len(inputs[0].GetShape()) > 0 {
		return int(max(inputs[0].GetShape()[0], 1))
	}
	return 1
}

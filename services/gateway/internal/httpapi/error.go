package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/oip"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/records"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// An Error is what a client is told. Its JSON is the body of every answer of
// 400 and more; under /v2 the protocol asks for "error" and allows the rest.
type Error struct {
	Status     int    `json:"-"`
	Message    string `json:"error"`
	Code       string `json:"code"` // for programs: one word for each cause
	Field      string `json:"field,omitempty"`
	Row        *int   `json:"row,omitempty"` // counted from 0
	RequestID  string `json:"request_id"`
	Prediction string `json:"prediction_id,omitempty"` // the failed one's

	retryAfter time.Duration
	allow      string // methods
	by         answered
}

func (e *Error) Error() string { return e.Message }

var errInternal = &Error{Status: http.StatusInternalServerError, Code: "internal", Message: "internal error; the log has it under the request id"}

func badRequest(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "malformed", Message: fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) *Error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf(format, args...)}
}

// fail answers with an error.
func (c *call) fail(err error) {
	e := *c.translate(err)
	e.RequestID, c.failed = c.id, e.Code
	c.name(e.Prediction)
	if e.by.model != "" {
		c.answered = e.by
	}
	header := c.w.Header()
	if e.allow != "" {
		header.Set("Allow", e.allow)
	}
	if e.Status == http.StatusUnauthorized {
		header["Www-Authenticate"] = challenge
	}
	if e.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.retryAfter.Seconds()))))
	}
	if c.r.ProtoMajor == 1 && (e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusRequestTimeout) {
		header.Set("Connection", "close") // the rest of the body is not worth reading; HTTP/2 ends the one stream
	}
	body, marshalErr := json.Marshal(&e)
	if marshalErr != nil {
		body = []byte(`{"error":"internal error","code":"internal"}`) // strings and numbers always marshal
	}
	c.json(e.Status, body)
}

// translate finds out what a client may know of an error. What it does not
// know is internal, and only the log says what it was.
func (c *call) translate(err error) *Error {
	var (
		known   *Error
		row     *records.Error
		request *oip.Error
		limit   *quota.ExceededError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &row):
		e := badRequest("%s", row.Error())
		if row.TooLarge {
			e = tooLarge("%s", row.Error())
		}
		if e.Field = row.Field; row.Row >= 0 {
			e.Row = &row.Row
		}
		return e
	case errors.As(err, &request):
		e := badRequest("%s", request.Error())
		if request.TooLarge {
			e = tooLarge("%s", request.Error())
		}
		e.Field = request.Input
		return e
	}
	if errors.As(err, &limit) {
		return overLimit(limit)
	}
	e := errInternal
	// Not status.FromError: its message is also what gRPC wraps around a status
	// after the last retry.
	var failed interface{ GRPCStatus() *status.Status }
	if errors.As(err, &failed) {
		e = fromStatus(failed.GRPCStatus())
	}
	if e.Status >= http.StatusInternalServerError {
		c.cause = err
	}
	return e
}

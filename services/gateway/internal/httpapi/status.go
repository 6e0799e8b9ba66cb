package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// outcome is what a gRPC code is to an HTTP client.
type outcome struct {
	status int
	code   string
	// message replaces the status's, which may tell addresses and the like;
	// empty to pass it on. Messages that predict wrote (they carry an
	// ErrorInfo of its domain) are passed on where trusted.
	message string
	trusted bool
	retry   bool // tell the client to come back
}

// outcomes is the one table from gRPC codes to HTTP. A code that is not in it
// is INTERNAL.
var outcomes = map[codes.Code]outcome{
	codes.InvalidArgument:    {status: http.StatusBadRequest, code: "malformed"},
	codes.OutOfRange:         {status: http.StatusBadRequest, code: "malformed"},
	codes.NotFound:           {status: http.StatusNotFound, code: "not_found"},
	codes.AlreadyExists:      {status: http.StatusConflict, code: "conflict"},
	codes.Aborted:            {status: http.StatusConflict, code: "conflict"},
	codes.FailedPrecondition: {status: http.StatusConflict, code: "conflict"},
	codes.PermissionDenied:   {status: http.StatusForbidden, code: "forbidden"},
	codes.Unauthenticated:    {status: http.StatusUnauthorized, code: "unauthenticated"},
	codes.ResourceExhausted:  {status: http.StatusTooManyRequests, code: "overloaded", message: "the prediction service is full", trusted: true, retry: true},
	codes.Unavailable:        {status: http.StatusServiceUnavailable, code: "unavailable", message: "the prediction service is unavailable", trusted: true, retry: true},
	codes.DeadlineExceeded:   {status: http.StatusGatewayTimeout, code: "deadline_exceeded", message: "the prediction took longer than the request's deadline"},
	codes.Canceled:           {status: statusClientGone, code: "cancelled", message: "the client cancelled the request"},
	codes.Unimplemented:      {status: http.StatusNotImplemented, code: "not_implemented", message: "the prediction service does not offer this"},
}

// statusClientGone is nginx's status for a client that did not wait; it only
// shows in logs and metrics.
const statusClientGone = 499

// domain is that of the ErrorInfo in predict's errors.
const domain = "treehouse.dev"

// fromStatus tells a client what a gRPC status means to it.
func fromStatus(st *status.Status) *Error {
	if st.Code() == codes.ResourceExhausted && strings.Contains(st.Message(), "larger than max") {
		// gRPC's own limit on messages, on either side.
		return tooLarge("the request, or its answer, is too large for one message; send fewer rows at a time")
	}
	o, known := outcomes[st.Code()]
	if !known {
		o = outcome{status: errInternal.Status, code: errInternal.Code, message: errInternal.Message}
	}
	e := &Error{Status: o.status, Code: o.code, Message: st.Message()}
	if o.retry {
		e.retryAfter = time.Second
	}
	written := false
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			written = d.GetDomain() == domain
			e.read(d)
		case *errdetails.RetryInfo:
			if delay := d.GetRetryDelay().AsDuration(); o.retry && delay > 0 {
				e.retryAfter = delay
			}
		}
	}
	if o.message != "" && !(o.trusted && written) {
		e.Message = o.message
	}
	return e
}

// read takes over where in the request the error is, and tells a request that
// does not fit the model from a malformed one.
func (e *Error) read(info *errdetails.ErrorInfo) {
	if reason := info.GetReason(); e.Status == http.StatusBadRequest && (reason == "INVALID_ROW" || reason == "METHOD_NOT_OFFERED") {
		e.Status, e.Code = http.StatusUnprocessableEntity, strings.ToLower(reason)
	} else if reason == "ABOVE_LIMIT" { // fewer rows would pass
		e.Status, e.Code = http.StatusRequestEntityTooLarge, "above_limit"
	} else if reason == "LIMIT_EXCEEDED" {
		e.Code = "rate_limited"
	}
	e.by = answeredBy(info.GetMetadata()["model"], info.GetMetadata()["version"])
	e.Field, e.Prediction = info.GetMetadata()["feature"], info.GetMetadata()["prediction_id"]
	if row, err := strconv.Atoi(info.GetMetadata()["row"]); err == nil {
		e.Row = &row
	}
}

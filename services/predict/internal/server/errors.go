package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// The domain and the reasons of the ErrorInfo that every error carries.
const (
	domain             = "treehouse.dev"
	reasonRequest      = "INVALID_REQUEST"
	reasonRow          = "INVALID_ROW"
	reasonMethod       = "METHOD_NOT_OFFERED"
	reasonNotFound     = "MODEL_NOT_FOUND"
	reasonNotServed    = "MODEL_NOT_SERVED"
	reasonControl      = "MODEL_CONTROL_OFF"
	reasonFull         = "SERVER_FULL"
	reasonLimit        = "LIMIT_EXCEEDED"
	reasonAboveLimit   = "ABOVE_LIMIT"
	reasonDeadline     = "DEADLINE_EXCEEDED"
	reasonCancelled    = "CANCELLED"
	reasonStopping     = "SERVER_STOPPING"
	reasonInternal     = "INTERNAL"
	metadataRow        = "row"
	metadataFeature    = "feature"
	metadataPrediction = "prediction_id"
	metadataModel      = "model"
	metadataVersion    = "version"
	metadataLimit      = "limit"
	internalErrorMsg   = "internal error"
)

// An invalidError says what is wrong with a request: with its form, or with a
// value in it.
type invalidError struct {
	reason  string
	message string
	row     int // -1: no one row
	feature string
}

func (e *invalidError) Error() string { return e.message }

func invalidRequest(format string, args ...any) error {
	return &invalidError{reason: reasonRequest, message: fmt.Sprintf(format, args...), row: -1}
}

// invalidFeature says that a column does not fit the signature.
func invalidFeature(feature, format string, args ...any) error {
	return &invalidError{reason: reasonRow, message: fmt.Sprintf(format, args...), row: -1, feature: feature}
}

// invalidRow says that a value does not fit the signature.
func invalidRow(row int, feature, format string, args ...any) error {
	return &invalidError{reason: reasonRow, row: row, feature: feature,
		message: fmt.Sprintf("row %d, feature %s: ", row, feature) + fmt.Sprintf(format, args...)}
}

// A failedError is the error of a prediction that has an id.
type failedError struct {
	id  string
	err error
}

func (e *failedError) Error() string { return e.err.Error() }
func (e *failedError) Unwrap() error { return e.err }

// errStopping ends streams when the server stops.
var errStopping = errors.New("the server is stopping")

// An errorTable turns errors into gRPC statuses. What it does not know is
// INTERNAL, and only the log says what it was.
type errorTable struct {
	log       *slog.Logger
	requestID func(context.Context) string
	traceID   func(context.Context) string
	discreet  bool // not every caller may know which models there are
}

// status is the status of an error that is about no version.
func (t errorTable) status(ctx context.Context, err error) error { return t.of(ctx, nil, err) }

// of is the status of an error of a version, which its ErrorInfo then names.
func (t errorTable) of(ctx context.Context, v *model.Version, err error) error {
	if err == nil {
		return nil
	}
	var (
		invalid   *invalidError
		row       *scoring.RowError
		batch     *scoring.BatchError
		method    *scoring.MethodError
		notFound  *model.NotFoundError
		notServed *model.NotServedError
		control   *model.ControlError
		exceeded  *quota.ExceededError
		full      interface{ RetryAfter() time.Duration }
		predicted *failedError
	)
	failure := func(code codes.Code, reason string, err error, meta map[string]string, more ...protoadapt.MessageV1) error {
		if predicted != nil {
			if meta == nil {
				meta = map[string]string{}
			}
			meta[metadataPrediction] = predicted.id
		}
		return failure(code, reason, err, meta, more...)
	}
	errors.As(err, &predicted)
	switch {
	case errors.As(err, &invalid):
		return failure(codes.InvalidArgument, invalid.reason, err, place(v, invalid.row, invalid.feature))
	case errors.As(err, &row):
		return failure(codes.InvalidArgument, reasonRow, err, place(v, row.Row, row.Feature))
	case errors.As(err, &batch):
		return failure(codes.InvalidArgument, reasonRow, err, place(v, -1, batch.Feature))
	case errors.As(err, &method):
		return failure(codes.InvalidArgument, reasonMethod, err, place(v, -1, ""))
	case errors.As(err, &notFound):
		if t.discreet { // without the models that there are instead
			err = &model.NotFoundError{Name: notFound.Name, Version: notFound.Version}
		}
		return failure(codes.NotFound, reasonNotFound, err, place(v, -1, ""))
	case errors.As(err, &notServed):
		return failure(codes.Unavailable, reasonNotServed, err, place(v, -1, ""))
	case errors.As(err, &control):
		return failure(codes.FailedPrecondition, reasonControl, err, place(v, -1, ""))
	case errors.As(err, &exceeded):
		return overLimit(exceeded, place(v, -1, ""))
	case errors.As(err, &full):
		return failure(codes.ResourceExhausted, reasonFull, err, place(v, -1, ""),
			&errdetails.RetryInfo{RetryDelay: durationpb.New(full.RetryAfter())})
	case errors.Is(err, context.DeadlineExceeded):
		return failure(codes.DeadlineExceeded, reasonDeadline, errors.New("the deadline passed"), place(v, -1, ""))
	case errors.Is(err, context.Canceled):
		return failure(codes.Canceled, reasonCancelled, errors.New("the request was cancelled"), place(v, -1, ""))
	case errors.Is(err, errStopping):
		return failure(codes.Unavailable, reasonStopping, err, place(v, -1, ""))
	}
	id := t.requestID(ctx)
	t.log.ErrorContext(ctx, internalErrorMsg, "error", err, "request_id", id, "trace_id", t.traceID(ctx))
	return failure(codes.Internal, reasonInternal, errors.New(internalErrorMsg), place(v, -1, ""), &errdetails.RequestInfo{RequestId: id})
}

// place is the metadata of where an error is: in which version, if one was
// found, and in a batch.
func place(v *model.Version, row int, feature string) map[string]string {
	m := map[string]string{}
	if v != nil {
		m[metadataModel], m[metadataVersion] = v.Name, strconv.FormatInt(v.Number, 10)
	}
	if row >= 0 {
		m[metadataRow] = strconv.Itoa(row)
	}
	if feature != "" {
		m[metadataFeature] = feature
	}
	return m
}

// Errors travel in headers, the message in two of them and up to three bytes
// long for one, and beyond 8 KiB some clients see INTERNAL instead.
const (
	maxMessage  = 1024
	maxMetadata = 256 // of each value
)

func failure(code codes.Code, reason string, err error, meta map[string]string, more ...protoadapt.MessageV1) error {
	for key, value := range meta {
		meta[key] = clip(value, maxMetadata)
	}
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: domain, Metadata: meta}}, more...)
	st := status.New(code, clip(err.Error(), maxMessage))
	detailed, detailErr := st.WithDetails(details...)
	if detailErr != nil { // a feature's name is not UTF-8
		return st.Err()
	}
	return detailed.Err()
}

// clip cuts s to about n bytes, between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

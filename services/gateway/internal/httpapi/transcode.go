package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// callKey finds the call in the context of a transcoded request.
type callKey struct{}

// newTranscoder returns grpc-gateway's handler of /api/v1. It passes on none of
// the client's headers, and answers errors as the rest of the API does.
func newTranscoder(client predictv1.PredictServiceClient) (http.Handler, error) {
	none := func(string) (string, bool) { return "", false }
	fail := func(ctx context.Context, err error) {
		if c, ok := ctx.Value(callKey{}).(*call); ok {
			c.fail(err)
		}
	}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{
			MarshalOptions: protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true},
		}),
		runtime.WithIncomingHeaderMatcher(none),
		runtime.WithOutgoingHeaderMatcher(none),
		runtime.WithWriteContentLength(),
		runtime.WithMetadata(func(ctx context.Context, _ *http.Request) metadata.MD {
			md, _ := metadata.FromOutgoingContext(ctx) // which grpc-gateway replaces
			return md
		}),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, _ http.ResponseWriter, _ *http.Request, err error) {
			fail(ctx, err)
		}),
		runtime.WithRoutingErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, _ http.ResponseWriter, r *http.Request, status int) {
			fail(ctx, &Error{Status: status, Code: "not_found", Message: "there is nothing at " + r.URL.Path})
		}),
	)
	return mux, predictv1.RegisterPredictServiceHandlerClient(context.Background(), mux, client)
}

// transcoded answers /api/v1.
func (s *Server) transcoded(c *call) error {
	if _, err := c.versionNumber(); err != nil {
		return err
	}
	if err := checkQuery(c.r.URL.Query()); err != nil {
		return err
	}
	ctx := context.WithValue(c.ctx, callKey{}, c)
	r := c.r.WithContext(ctx)
	r.Header = http.Header{} // grpc-gateway passes Authorization on, whatever it is told
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet // net/http drops the body
	}
	s.transcode.ServeHTTP(&statusWriter{ResponseWriter: c.w, call: c}, r)
	return nil
}

// checkQuery refuses what grpc-gateway would refuse in words about Go, or what
// no message could hold.
func checkQuery(query url.Values) error {
	for name, values := range query {
		for _, v := range values {
			bits := 64
			if name == "page_size" {
				bits = 32
			}
			_, err := strconv.ParseInt(v, 10, bits)
			switch {
			case !utf8.ValidString(name) || !utf8.ValidString(v):
				return badRequest("the query parameter %q is not UTF-8", name)
			case err != nil && (name == "page_size" || name == "version"):
				return badRequest("the query parameter %s is %q; expected a number", name, v)
			}
		}
	}
	return nil
}

// statusWriter tells the call which status was written, and how many bytes.
type statusWriter struct {
	http.ResponseWriter
	call *call
}

func (w *statusWriter) WriteHeader(status int) {
	w.call.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.call.status == 0 {
		w.call.status = http.StatusOK
	}
	w.call.written += len(b)
	return w.ResponseWriter.Write(b)
}

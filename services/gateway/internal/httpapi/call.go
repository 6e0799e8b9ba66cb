package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/address"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/records"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// A call is one request on its way through the chain. Calls are used again, so
// that their buffers are.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context // carries the deadline and the request id
	id     string
	span   telemetry.Span
	route  *route
	status int    // 0 until answered
	failed string // the code of the error that was answered
	cause  error  // of an answer of 500 and more, for the log

	caller         *principal.Principal // nil where nobody was asked
	address        netip.Addr           // of the client
	limit          quota.State          // of its address
	model, version string               // from the path
	answered       answered
	rows           int // that were predicted
	written        int // bytes of the answer's body

	body    []byte // buffer of the request's body
	held    int64  // bytes of it that count as buffered
	out     []byte // buffer of the answer's body
	batch   records.Batch
	table   predictv1.PredictRequest_Table
	request predictv1.PredictRequest

	header      metadata.MD        // of predict's answer
	callOptions [1]grpc.CallOption // that has it read
}

// maxKept is how large a buffer may be that is kept for the next call.
const maxKept = 256 << 10

func (s *Server) borrow(w http.ResponseWriter, r *http.Request) *call {
	c := s.calls.Get().(*call)
	c.server, c.w, c.r = s, w, r
	c.address = address.Of(r.RemoteAddr, r.Header["X-Forwarded-For"], s.o.TrustedHops)
	return c
}

func (s *Server) giveBack(c *call) {
	s.buffered.Add(-c.held)
	if cap(c.body) > maxKept {
		c.body = nil
	}
	if cap(c.out) > maxKept {
		c.out = nil
	}
	if c.batch.Oversized() {
		c.table.Table = nil // the batch's
		c.batch = records.Batch{}
	}
	c.server, c.w, c.r, c.ctx, c.route, c.cause, c.caller = nil, nil, nil, nil, nil, nil, nil
	c.id, c.model, c.version, c.status, c.failed, c.held = "", "", "", 0, "", 0
	c.span, c.body = telemetry.Span{}, c.body[:0]
	c.answered, c.rows, c.written, c.header = answered{}, 0, 0, nil
	c.limit = quota.State{}
	s.calls.Put(c)
}

var (
	jsonType    = []string{"application/json"}
	binaryType  = []string{"application/octet-stream"}
	noStore     = []string{"no-store"}
	closeHeader = []string{"close"}
	noSniff     = []string{"nosniff"}
)

// predictionHeader has the id of a prediction, answered or failed.
const predictionHeader = "Treehouse-Prediction-Id"

// name tells the prediction's id, if it has one.
func (c *call) name(predictionID string) {
	if predictionID != "" {
		c.w.Header()[predictionHeader] = []string{predictionID}
	}
}

// json answers with a JSON body.
func (c *call) json(status int, body []byte) {
	header := c.w.Header()
	header["Content-Type"] = jsonType
	c.write(status, body)
}

// write answers in one piece.
func (c *call) write(status int, body []byte) {
	c.status, c.written = status, len(body)
	header := c.w.Header()
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // fails when the client is gone
	}
}

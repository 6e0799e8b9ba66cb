package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// A grpcSender is one client with a connection to each address of the target.
type grpcSender struct {
	conn       *grpc.ClientConn
	client     predictv1.PredictServiceClient
	model      string
	credential string
	rows       *goldens
}

// clientConfig and resolveEvery are what callers of a headless Service need:
// every request to another pod, a request that finds no pod waits for one (it
// has a deadline), and names are looked up again soon. gRPC's own 30 s between
// lookups are longer than it takes to replace every pod.
const (
	clientConfig = `{"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [{"name": [{}], "waitForReady": true}]}`
	resolveEvery = 5 * time.Second
)

const maxMessageBytes = 64 << 20 // as in predict

func newGRPCSender(o *Options, credential string, rows *goldens) (*grpcSender, error) {
	dns.SetMinResolutionInterval(resolveEvery)
	conn, err := grpc.NewClient(o.GRPC,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(clientConfig),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(maxMessageBytes), grpc.MaxCallRecvMsgSize(maxMessageBytes)),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.GRPC, err)
	}
	return &grpcSender{conn, predictv1.NewPredictServiceClient(conn), o.Model, credential, rows}, nil
}

func (s *grpcSender) close() { _ = s.conn.Close() }

// send asks once. It fills in what became of the request.
func (s *grpcSender) send(ctx context.Context, b *batch, _ string, r *result) {
	defer func() { r.end = time.Now() }()
	var from peer.Peer
	if s.credential != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.credential)
	}
	resp, err := s.client.Predict(ctx, b.table, grpc.Peer(&from))
	if from.Addr != nil {
		r.pod = from.Addr.String()
		if host, _, err := net.SplitHostPort(r.pod); err == nil {
			r.pod = host
		}
	}
	st := status.Convert(err)
	r.status = codeName(st.Code())
	if err != nil {
		r.err = errors.New(st.Message())
		r.rejected = st.Code() == codes.ResourceExhausted
		for _, detail := range st.Details() {
			if _, ok := detail.(*errdetails.RetryInfo); ok {
				r.when = true
			}
		}
		return
	}
	a := readTyped(resp)
	if err := s.rows.check(b, s.model, a); err != nil {
		r.err, r.wrong = err, true
		return
	}
	r.version = a.version
}

// codeName is a code's name in gRPC's documents: RESOURCE_EXHAUSTED.
func codeName(c codes.Code) string {
	switch c {
	case codes.OK:
		return "OK"
	case codes.Canceled:
		return "CANCELLED"
	}
	var name strings.Builder
	for i, r := range c.String() {
		if i > 0 && unicode.IsUpper(r) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(r))
	}
	return name.String()
}

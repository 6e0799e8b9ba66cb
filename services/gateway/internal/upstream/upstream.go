// Package upstream connects to predict: every call is balanced over the ready
// servers, carries its caller's deadline, is tried again when a server is
// unavailable or says nothing, and fails soon when none is there.
package upstream

import (
	"fmt"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/health" // lets the balancer watch the servers' health

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
)

// MaxMessageBytes bounds a message to or from predict, which has the same bound.
const MaxMessageBytes = 64 << 20

// serviceConfig: a call goes to one of those servers whose health service says
// that they serve (a server without one counts as healthy), as policy explains.
// UNAVAILABLE alone is retried: predictions have no side effects, but a server
// that is full (RESOURCE_EXHAUSTED) must not get more to do. Throttling stops
// retries once more than about one call in ten fails.
const serviceConfig = `{
	"loadBalancingConfig": [{"` + policy + `": {}}],
	"healthCheckConfig": {"serviceName": ""},
	"methodConfig": [{
		"name": [{}],
		"retryPolicy": {
			"maxAttempts": 4,
			"initialBackoff": "0.05s",
			"maxBackoff": "0.5s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}],
	"retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}
}`

// Connect returns a connection to the servers of a target, which package
// discovery explains. It does not wait for them.
func Connect(target string, o discovery.Options, more ...grpc.DialOption) (*grpc.ClientConn, error) {
	builder, grpcTarget, err := discovery.Parse(target, o)
	if err != nil {
		return nil, err
	}
	hedge := newHedger(hedgeAfter, o.Registerer)
	conn, err := grpc.NewClient(grpcTarget, append(append(options(), grpc.WithResolvers(builder), grpc.WithChainUnaryInterceptor(hedge.call, again)), more...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to predict at %s: %w", target, err)
	}
	conn.Connect() // so that the first request finds a connection
	return conn, nil
}

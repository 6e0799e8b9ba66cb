package upstream

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
)

// ConnectBy returns a connection to a predict that dial reaches, one in this
// process. Its health does not count: there is no other to ask, and while the
// process stops, predict says that it does not serve but still answers.
func ConnectBy(dial func(context.Context) (net.Conn, error), more ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///predict", append(append(options(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) }),
		grpc.WithDisableHealthCheck(), grpc.WithChainUnaryInterceptor(again)), more...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to predict in this process: %w", err)
	}
	conn.Connect()
	return conn, nil
}

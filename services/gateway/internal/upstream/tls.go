package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// Secure has every connection use TLS as the client says at that moment, or
// plain text if there is no client.
func Secure(client *tlsfile.Client) grpc.DialOption {
	if client == nil {
		return grpc.WithTransportCredentials(insecure.NewCredentials())
	}
	return grpc.WithTransportCredentials(&transport{client})
}

// ServerName is the name that the certificates of a target's servers have if
// nobody says otherwise: the host, or the Service, that the target names.
func ServerName(target string) (string, error) {
	if _, rest, ok := strings.Cut(target, "://"); ok {
		target = strings.TrimPrefix(rest, "/")
	}
	name := ""
	for endpoint := range strings.SplitSeq(target, ",") {
		host, _, err := net.SplitHostPort(strings.TrimSpace(endpoint))
		switch {
		case err != nil || host == "":
			return "", fmt.Errorf("%q is not host:port", endpoint)
		case name != "" && name != host:
			return "", fmt.Errorf("%s and %s are several hosts; expected the one name that their certificates have", name, host)
		}
		name = host
	}
	return name, nil
}

// transport makes gRPC's TLS transport anew for each connection, so that
// certificates which were replaced are used without a connection less.
type transport struct{ client *tlsfile.Client }

func (t *transport) ClientHandshake(ctx context.Context, _ string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config := t.client.Config()
	return credentials.NewTLS(config).ClientHandshake(ctx, config.ServerName, raw)
}

func (*transport) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("upstream: this is a client")
}

func (t *transport) Info() credentials.ProtocolInfo {
	return credentials.NewTLS(t.client.Config()).Info()
}

func (t *transport) Clone() credentials.TransportCredentials { return t }

// OverrideServerName is a deprecated part of the interface.
func (*transport) OverrideServerName(string) error {
	return errors.New("upstream: the server name is the client's")
}

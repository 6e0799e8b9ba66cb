package app

import (
	"context"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// whoCalls is who shares the server with others, by the name that authentication
// found. Before it has looked, only who shows no credential is known: to be
// nobody.
func whoCalls(ctx context.Context) (name string, known bool) {
	if p := principal.FromContext(ctx); p.Name != "" {
		return p.Name, true
	}
	return "", !showsCredential(ctx)
}

func showsCredential(ctx context.Context) bool {
	if len(metadata.ValueFromIncomingContext(ctx, "authorization")) > 0 {
		return true
	}
	if p, ok := peer.FromContext(ctx); ok {
		if secure, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			return len(secure.State.PeerCertificates) > 0
		}
	}
	return false
}

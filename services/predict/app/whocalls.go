package app

import (
	"context"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// whoCalls is who shares the server with others, by the name that authentication
// found.
func whoCalls(ctx context.Context) string { return principal.FromContext(ctx).Name }

// showsCredential tells callers that authentication will name from those who are
// nobody in particular, before it has looked.
func showsCredential(ctx context.Context, header metadata.MD) bool {
	if len(header[access.Authorization]) > 0 {
		return true
	}
	if p, ok := peer.FromContext(ctx); ok {
		if secure, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			return len(secure.State.PeerCertificates) > 0
		}
	}
	return false
}

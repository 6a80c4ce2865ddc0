package xds

import (
	"context"
	"crypto/x509"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Caller is a workload that asks, as its SVID says.
type Caller struct {
	Scope    kernel.Scope
	Workload string
	// Host is where it asks from.
	Host string

	config Config
	leaf   *x509.Certificate
}

// Caller returns who a call is of; the error is a status of gRPC.
func (c Config) Caller(ctx context.Context) (Caller, error) {
	who := Caller{config: c}
	if p, ok := peer.FromContext(ctx); ok {
		who.Host, _, _ = net.SplitHostPort(p.Addr.String())
		if secured, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(secured.State.PeerCertificates) > 0 {
			who.leaf = secured.State.PeerCertificates[0]
		}
	}
	if who.leaf == nil {
		return who, status.Error(codes.Unauthenticated, "no SVID was shown")
	}
	who.Scope, who.Workload, _ = c.Trust.Whose(who.leaf)
	return who, who.Holds()
}

// Holds tells that the SVID has neither ended nor been revoked since the connection began.
func (w Caller) Holds() error {
	if _, _, ok := w.config.Trust.Whose(w.leaf); !ok || w.config.Clock.Now().After(w.leaf.NotAfter) {
		return status.Error(codes.Unauthenticated, "the SVID of the connection holds no more")
	}
	return nil
}

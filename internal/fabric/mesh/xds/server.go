package xds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/delta/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Server serves the aggregated discovery service.
type Server struct {
	discoveryv3.UnimplementedAggregatedDiscoveryServiceServer

	config Config
	nodes  *nodes
	// refusals are how often clients did not take what they were told, by client and type.
	refusals *prometheus.CounterVec
	whole    sotw.Server
	delta    delta.Server
	grpc     *grpc.Server
	addr     net.Addr
	done     chan error
}

// Listen opens the port. What clients have is kept current by Serve.
func Listen(ctx context.Context, addr string, c Config) (*Server, error) {
	refusals := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrace_mesh_xds_refused_total", Help: "How often clients of xDS have refused what they were told.",
	}, []string{"client", "type"})
	if c.Registerer != nil {
		if err := c.Registerer.Register(refusals); err != nil {
			return nil, fmt.Errorf("metrics of xDS: %w", err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the xDS server cannot listen on %s: %w", addr, err).WithFix("give it another address in the configuration: xds")
	}
	s := &Server{config: c, nodes: newNodes(c), refusals: refusals, addr: l.Addr(), done: make(chan error, 1)}
	s.whole = sotw.NewServer(context.Background(), s.nodes.cache, nil, sotw.DeactivateLegacyWildcard(), sotw.WithOrderedADS())
	s.delta = delta.NewServer(context.Background(), s.nodes.cache, nil, delta.DeactivateLegacyWildcard())
	s.grpc = grpc.NewServer(
		grpc.Creds(credentials.NewTLS(s.tls())), grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxStreams), grpc.ConnectionTimeout(patience),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: maxAge, MaxConnectionAgeGrace: patience, Time: time.Minute, Timeout: patience}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: patience, PermitWithoutStream: true}),
	)
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(s.grpc, s)
	if c.Also != nil {
		c.Also(s.grpc)
	}
	go func() { s.done <- s.grpc.Serve(netutil.LimitListener(l, maxConnections)) }()
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.addr }

// Close ends the streams and closes the port.
func (s *Server) Close() error {
	s.grpc.Stop()
	if err := <-s.done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve xDS: %w", err)
	}
	return nil
}

// tls has clients show an SVID. Each connection is judged by whom one trusts then.
func (s *Server) tls() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		GetCertificate:         s.config.Certificate,
		VerifyConnection:       func(c tls.ConnectionState) error { return s.proven(c.PeerCertificates) },
	}
}

// maxChain is how many certificates a client shows at most.
const maxChain = 4

// proven checks the chain of a client. One of an authority that is not known yet has it looked
// up who is trusted.
func (s *Server) proven(chain []*x509.Certificate) error {
	if len(chain) > maxChain {
		return fmt.Errorf("the client shows %d certificates, more than %d", len(chain), maxChain)
	}
	if _, _, ok := s.config.Trust.Whose(chain[0]); !ok {
		return errors.New("the client's certificate is of no workload, or was revoked")
	}
	o := x509.VerifyOptions{Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, CurrentTime: s.config.Clock.Now()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	o.Roots = s.config.Trust.Roots()
	_, err := chain[0].Verify(o)
	if stranger := (x509.UnknownAuthorityError{}); errors.As(err, &stranger) && s.config.Trust.Look() == nil {
		o.Roots = s.config.Trust.Roots()
		_, err = chain[0].Verify(o)
	}
	if err != nil {
		return fmt.Errorf("the client's SVID: %w", err)
	}
	return nil
}

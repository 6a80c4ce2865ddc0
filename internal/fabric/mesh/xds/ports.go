package xds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Tables knows what is in force on each stage; mesh.Service implements it.
type Tables interface {
	// Table waits for nothing.
	Table(scope kernel.Scope) *mesh.Table
	// Turned is closed once something else is in force somewhere.
	Turned() <-chan struct{}
}

// Instances knows where services answer. None of its methods waits for anything.
type Instances interface {
	// ServiceNames returns the names of those of a stage that answer somewhere, in order.
	ServiceNames(scope kernel.Scope) []string
	// Ports returns the names and numbers of the ports of a service; the empty one is among
	// them where it has a single port.
	Ports(scope kernel.Scope, service string) []string
	// Upstream returns where a port is answered on, as host:port.
	Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool)
	// Shared returns where the release answers on a port that takes over from the one of
	// Upstream, with its share of new calls in percent, which is 0 where there is none.
	Shared(scope kernel.Scope, service, port string) (addr, release string, weight int)
	// Moved is closed once a service answers elsewhere, no more, or by other shares.
	Moved() <-chan struct{}
}

// Trust judges certificates of workloads; pki.Workloads implements it.
type Trust interface {
	Roots() *x509.CertPool
	// Look reads again who is trusted.
	Look() error
	// Whose is not ok for a certificate of no workload, and for one that was revoked.
	Whose(leaf *x509.Certificate) (scope kernel.Scope, name string, ok bool)
}

// Config is what a Server needs.
type Config struct {
	Tables    Tables
	Instances Instances
	Trust     Trust
	// Beside are the sidecars that stand beside workloads.
	Beside *beside.Sidecars
	// Certificate is what the server proves itself by.
	Certificate func(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	Clock       kernel.Clock
	Log         *slog.Logger
	// Registerer has the metrics; nil has none.
	Registerer prometheus.Registerer
	// Also registers what else workloads ask for on the same port; nil is nothing.
	Also func(to grpc.ServiceRegistrar)
}

// The bounds of what clients may cost.
const (
	// maxStreams is how many streams a workload has open at most, over all its processes.
	maxStreams = 64
	// maxConnections is how many connections are open at most, of all workloads.
	maxConnections = 4096
	// maxMessage bounds a request, in bytes.
	maxMessage = 256 << 10
	// maxAddresses is how many addresses servers of a workload listen on at most.
	maxAddresses = 64
	// requestsPerSecond and requestsAtOnce bound how fast a stream asks.
	requestsPerSecond = 50
	requestsAtOnce    = 500
	// maxAge is how long a connection lives; a client opens another one.
	maxAge = time.Hour
	// gather is how long sidecars are waited for that come together.
	gather = 10 * time.Millisecond
	// patience bounds how long a handshake, and the end of streams, take.
	patience = 10 * time.Second
)

// Serve keeps what clients have current until ctx ends.
func (s *Server) Serve(ctx context.Context) error {
	for {
		turned, moved, stood := s.config.Tables.Turned(), s.config.Instances.Moved(), s.config.Beside.Turned()
		s.nodes.renew()
		select {
		case <-ctx.Done():
			return nil
		case <-turned:
		case <-moved:
		case <-stood: // many start together
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(gather):
			}
		}
	}
}

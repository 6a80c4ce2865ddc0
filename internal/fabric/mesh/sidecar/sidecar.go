package sidecar

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Config is what a Sidecar needs. Addresses are host:port.
type Config struct {
	// Inbound is where others of the mesh come in, over mTLS; Outbound is where the process
	// asks others, in the clear, and belongs on loopback.
	Inbound, Outbound string
	// Application is where the process answers in the clear; GRPC has it speak HTTP/2.
	Application string
	GRPC        bool
	// Release is which one of the workload the process is of, "" where that is not known.
	Release string
	// Document is a file, which is read again when it has changed; it is empty where the
	// control plane at the address Control, host:port, says what to do. Roots is a file with
	// whom its certificate has to come from.
	Document, Control, Roots string
	// ReportEvery is how often the control plane is told what was counted; 0 is 5 seconds.
	ReportEvery time.Duration
	// WorkloadAPI is its address, such as unix:///run/workload-api.sock.
	WorkloadAPI string
	Registry    prometheus.Registerer
	Log         *slog.Logger
}

// maxNeighbours is how many callers are counted apart in reports.
const maxNeighbours = 200

// Sidecar is one that has its ports.
type Sidecar struct {
	config   Config
	identity *identity
	// control is nil where a file says what to do.
	control *control
	server  *front.Server
	// book counts for reports, which the ledger keeps until they are sent.
	book    *traffic.Book
	ledger  *ledger
	metrics *metrics

	inbound, outbound *proxy.Proxy
	in                fixed
	out               routes

	building sync.Mutex
	document atomic.Pointer[Document]
}

// New reads the document and takes the ports; it answers nothing before Run.
func New(ctx context.Context, c Config) (*Sidecar, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := &Sidecar{config: c, ledger: newLedger()}
	var err error
	if c.Control != "" {
		if s.control, err = newControl(c.Control, c.Roots); err != nil {
			return nil, err
		}
		s.book = &traffic.Book{Store: s.ledger, Consumers: maxNeighbours}
	}
	d, err := s.read()
	if err != nil {
		return nil, err
	}
	s.document.Store(&d)
	if s.metrics, err = newMetrics(c.Registry); err != nil {
		return nil, err
	}
	if s.identity, err = newIdentity(c.WorkloadAPI, c.Log, func() { s.build(ctx) }); err != nil {
		return nil, err
	}
	if err := s.in.build(c.Application, c.GRPC); err != nil {
		return nil, err
	}
	first, err := newOutgoing(&d, 0)
	if err != nil {
		return nil, err
	}
	s.out.now.Store(first)
	s.inbound = proxy.New(proxy.Config{Routes: &s.in, Upstreams: &s.in, Log: c.Log})
	s.outbound = proxy.New(proxy.Config{Routes: &s.out, Upstreams: &s.out, Log: c.Log, Peer: s.peer})
	s.server, err = front.Listen(ctx, front.Config{
		TLSAddr: c.Inbound, PlainAddr: c.Outbound, ServePlain: true, TLS: s.tls(), Handler: s.handle, Log: c.Log, Unrouted: s.metrics.unrouted,
	})
	if err != nil {
		return nil, errors.Join(cannotListen(err), s.identity.conn.Close())
	}
	return s, nil
}

// cannotListen says which address cannot be taken, as the flags of the command name it.
func cannotListen(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return err
	}
	return kernel.Errorf(kernel.Unavailable, "the sidecar cannot take its port: %w", op).
		WithFix("stop what listens there, or name another address with --inbound or --outbound")
}

// Close lets go of the ports of one that does not run.
func (s *Sidecar) Close() error { return errors.Join(s.server.Close(), s.identity.conn.Close()) }

// Run answers until ctx ends; requests that are under way then are let end for a few seconds.
// Before it knows what to do it has requests wait for that, and refuses them after a few seconds.
func (s *Sidecar) Run(ctx context.Context) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() { s.identity.run(background) })
	all.Go(func() { s.watch(background) })
	all.Go(func() { s.steered(background) })
	all.Go(func() { s.reports(background) })
	all.Go(func() { _ = s.outbound.Watch(background) }) // ends with its context
	all.Go(func() { _ = s.inbound.Watch(background) })
	err := s.server.Serve(ctx)
	if s.control != nil {
		s.report(background)
	}
	cancel()
	all.Wait()
	s.outbound.Close()
	s.inbound.Close()
	return errors.Join(err, s.identity.conn.Close())
}

// begun is closed once the sidecar knows what it has to.
func (s *Sidecar) begun() <-chan struct{} {
	if s.control != nil {
		return s.control.told // it was asked with the identity
	}
	return s.identity.ready
}

// Ready tells that the sidecar knows who it is, and what to do, and answers.
func (s *Sidecar) Ready() bool {
	select {
	case <-s.begun():
		return s.identity.state.Load() != nil
	default:
		return false
	}
}

// ID is who it is, "" while nobody has said.
func (s *Sidecar) ID() string {
	if st := s.identity.state.Load(); st != nil {
		return st.id.String()
	}
	return ""
}

// Ports are those of what comes in, and of what goes out.
func (s *Sidecar) Ports() (inbound, outbound int) { return s.server.Port(), s.server.PlainPort() }

// reached is where others come in, as the control plane is told.
func (s *Sidecar) reached() string {
	host, _, _ := net.SplitHostPort(s.config.Inbound) // the server listens there
	return net.JoinHostPort(host, strconv.Itoa(s.server.Port()))
}

// handle parts what comes in from what goes out: only others of the mesh speak TLS.
func (s *Sidecar) handle(x *exchange.Exchange) {
	switch {
	case !within(x.Context(), s.begun()):
		s.refuseNow(x)
	case x.Secure():
		s.enter(x)
	default:
		s.leave(x)
	}
}

// tls is that of what comes in: each handshake has the certificate of the time, and proves
// who calls. Sessions are not resumed, so that who was revoked is asked anew.
func (s *Sidecar) tls() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if !within(hello.Context(), s.identity.ready) {
				return nil, kernel.Errorf(kernel.Unavailable, "the sidecar does not know who it is yet")
			}
			return s.identity.state.Load().cert, nil
		},
		VerifyConnection: func(cs tls.ConnectionState) error {
			_, err := s.identity.state.Load().verify(cs.PeerCertificates)
			return err
		},
	}
}

// refuse says no to a caller, and why.
func refuse(x *exchange.Exchange, status int, title, detail, fix string) {
	x.Refuse("mesh", status, title, detail, fix)
}

// statusOf is that of an answer, for the metrics.
func statusOf(x *exchange.Exchange) int {
	if code := x.Response.StatusCode(); code != 0 {
		return code
	}
	return http.StatusOK
}
